// What can be measured of a page's geometry: text that is cut off; targets that are too small, that
// lie on one another, or that leave the window. An expression that is evaluated in the page.
() => {
  const seen = (e) => e.checkVisibility() && e.getClientRects().length > 0;
  // One touches the label around a field.
  const box = (e) => ((e.matches("input, textarea") && e.closest("label")) || e).getBoundingClientRect();
  const name = (e) => `${e.className} "${(e.textContent || e.getAttribute("aria-label") || e.name || "").trim()}"`;
  const all = [...document.querySelectorAll("room-panel *")].filter(seen).filter((e) => !e.closest(".ticks, .blocks"));
  const keys = all.filter((e) => e.matches("button, input, textarea"));
  const words = all.filter((e) => e.childElementCount === 0 && e.textContent.trim());
  const cut = words.filter((e) => e.tagName !== "P" || !e.classList.contains("unseen"))
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline"
      && !e.closest(".rows, .name") && box(e).width > 1);
  const spill = keys.filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
    .filter((e) => e.tagName === "BUTTON");
  const edges = (e) => ((!e.matches(".day") && e.closest("main > *")) || document.documentElement).getBoundingClientRect();
  const out = keys.filter((e) => box(e).left < edges(e).left - 1 || box(e).right > edges(e).right + 1);
  const below = keys.filter((e) => box(e).bottom > innerHeight + 1);
  // What is scrolled away lies on nothing; nor does what goes under a bar that stays.
  const left = (e) => {
    let { left, right, top, bottom } = box(e);
    for (let around = e.parentElement; around; around = around.parentElement) {
      if (!/auto|scroll/.test(getComputedStyle(around).overflowY) || around === document.documentElement) continue;
      const edge = around.getBoundingClientRect();
      [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    return { left, right, top, bottom: Math.max(top, bottom) };
  };
  const stays = (e) => e.closest(".bar") !== null && getComputedStyle(e.closest(".bar")).position === "sticky";
  const asked = (e) => e.closest("leave-prompt") !== null; // what lies below it takes no touch
  // A toast with a key lies on the plate of the microphone for a moment, and on nothing else.
  const lies = (a, b) => a.closest("change-toast") && b.matches("call-view .mute");
  const over = [];
  for (const a of keys) for (const b of keys) {
    if (a === b || a.contains(b) || b.contains(a) || stays(a) !== stays(b) || asked(a) !== asked(b) || lies(a, b) || lies(b, a)) continue;
    const [p, q] = [left(a), left(b)];
    if (p.bottom - p.top <= 1 || q.bottom - q.top <= 1) continue;
    if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      over.push(`${name(a)} / ${name(b)}`);
  }
  const side = (e) => Math.min(box(e).width, box(e).height);
  const main = keys.filter((e) => e.matches(".primary, .mute, .leave, .pad .key, .zoom .key, .keypad .key"));
  return {
    scroll: [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth],
    cut: cut.map(name), spill: spill.map(name), out: out.map(name), below: below.map(name), over,
    small: keys.filter((e) => side(e) < 44).map((e) => `${name(e)} ${side(e)}`),
    smallMain: main.filter((e) => side(e) < 62).map((e) => `${name(e)} ${side(e)}`),
  };
}
