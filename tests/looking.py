"""The only place that looks at a page as an eye does: words on words, words cut off, sheets."""

import io

import pypdfium2

# Words that stand on other words: [[one, other], …]. What lies above the page on purpose is left
# out: the rail of a phone, the bars of decisions, hidden labels.
COLLIDE = """() => {
  const above = '.hide, .skip, .rail, .send, .judge, option';
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const at = node.parentElement;
    if (!node.data.trim() || at.closest(above) || !at.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      let [left, right, top, bottom] = [rect.left, rect.right, rect.top, rect.bottom];
      for (let up = at; up && up !== document.body; up = up.parentElement) {
        if (getComputedStyle(up).overflow === 'visible') continue;
        const frame = up.getBoundingClientRect();
        [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
        [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
      }
      const slack = Math.min(rect.height, rect.width) / 4;  // a line of text is taller than its ink
      if (right - left > 2 && bottom - top > 2 * slack)
        boxes.push({
          left, right, top: top + slack, bottom: bottom - slack, at, said: node.data.trim(),
        });
    }
  }
  boxes.sort((one, other) => one.top - other.top);
  const found = [];
  boxes.forEach((one, n) => {
    for (let m = n + 1; m < boxes.length && boxes[m].top < one.bottom; m++) {
      const other = boxes[m];
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const tall = Math.min(one.bottom, other.bottom) - other.top;
      if (one.at !== other.at && wide > 2 && tall > 1) found.push([one.said, other.said]);
    }
  });
  return found;
}"""
# Boxes that hide a part of their words; the place in the top line ends in an ellipsis on purpose.
CUT = """() => [...document.querySelectorAll('body *')].filter(one =>
  ['hidden', 'clip'].includes(getComputedStyle(one).overflowX) && one.checkVisibility()
  && !one.closest('.hide, .where, svg') && one.scrollWidth > one.clientWidth + 1
).map(one => one.textContent.trim().slice(0, 60))"""
# Every label twice as long; texts, numbers and the names in a grid stay.
DOUBLE = """() => {
  const labels = 'a, button, label, th, dt, legend, summary, h2, h3, .light, .kicker span, option';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const said = node.data.trim();
    const short = /[a-z\\u4e00-\\u9fff]/i.test(said) && said.length < 60;
    const at = node.parentElement;
    if (short && at.closest(labels) && !at.closest('.grid a')) node.data = `${said} ${said}`;
  }
}"""
# Punctuation that begins a line of its text: what stands there, up to a few characters.
STRAY = """() => {
  const found = [];
  for (const block of document.querySelectorAll('h1, h2, p, td, th, li, small, summary')) {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    let before = null;
    for (let node; (node = walker.nextNode());) {
      if (!node.parentElement.checkVisibility() || node.parentElement.closest('.hide')) continue;
      for (let n = 0; n < node.length; n++) {
        const range = document.createRange();
        range.setStart(node, n);
        range.setEnd(node, n + 1);
        const [rect] = range.getClientRects();
        if (!rect || !rect.width || !node.data[n].trim()) continue;
        if (/[、，。；：！？）」”]/.test(node.data[n]) && before && rect.top > before.bottom - 4)
          found.push(block.textContent.trim().slice(0, 40) + ' | ' + node.data.slice(n, n + 6));
        before = rect;
      }
    }
  }
  return found;
}"""
MARGIN = 20  # points that nothing but the page number may enter


def collisions(page):
    return page.evaluate(COLLIDE)


def cut_off(page):
    return page.evaluate(CUT)


def stray_marks(page):
    return page.evaluate(STRAY)


def with_long_labels(page):
    page.evaluate(DOUBLE)
    return page


class Sheet:
    """A page of a PDF: its words, and whether they all lie on the paper."""

    def __init__(self, page):
        text = page.get_textpage()
        self.width, self.height = page.get_size()
        self.words = text.get_text_range()
        self.edge = page.render(scale=0.1).to_pil().getpixel((1, 1))
        rects = [text.get_rect(n) for n in range(text.count_rects())]
        self.beyond = [
            text.get_text_bounded(left, bottom, right, top)
            for left, bottom, right, top in rects
            if left < MARGIN or right > self.width - MARGIN or bottom < 0 or top > self.height
        ]


def printed(page):
    """What the browser would print, sheet by sheet."""
    page.wait_for_load_state()
    made = page.pdf(prefer_css_page_size=True, format="A4", print_background=True)
    return [Sheet(one) for one in pypdfium2.PdfDocument(io.BytesIO(made))]
