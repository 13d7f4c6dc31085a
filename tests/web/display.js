// What can be measured of the display's page: words that lie on others or leave the window, and how
// small the smallest are, in px. An expression that is evaluated in the page.
() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
  const parts = seen("h1, .place, time, .day, figure, .meeting > *, footer p, .notice")
    .filter((e) => e.textContent || e.matches("figure"));
  const box = (e) => e.getBoundingClientRect();
  const out = parts.filter((e) => {
    const p = box(e);
    return p.left < 0 || p.top < 0 || p.right > innerWidth || p.bottom > innerHeight;
  });
  const over = [];
  for (const a of parts) for (const b of parts) {
    const [p, q] = [box(a), box(b)];
    if (a !== b && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      over.push(`${a.textContent} / ${b.textContent}`);
  }
  const words = seen("room-screen *").filter((e) => e.childElementCount === 0 && e.textContent && e.tagName !== "FIGCAPTION");
  return {
    out: out.map((e) => e.textContent), over,
    smallest: Math.min(...words.map((e) => parseFloat(getComputedStyle(e).fontSize))),
  };
}
