// Links as curves between the boxes of their sites, where tiers stand side by side.
{
  const plan = document.querySelector(".plan");
  const svg = plan.querySelector(".links");
  const links = JSON.parse(document.getElementById("plan-links").textContent);
  const boxes = new Map([...plan.querySelectorAll(".site")].map((box) => [box.dataset.site, box]));
  const draw = () => {
    svg.replaceChildren();
    const origin = plan.getBoundingClientRect();
    svg.setAttribute("viewBox", `0 0 ${origin.width} ${origin.height}`);
    for (const link of links) {
      let [a, b] = [boxes.get(link.start), boxes.get(link.end)];
      const tier = (box) => Number(box.closest(".tier").dataset.tier);
      if (tier(a) > tier(b)) [a, b] = [b, a];
      const [from, to] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
      const same = tier(a) === tier(b);
      const x1 = from.right - origin.left, y1 = (from.top + from.bottom) / 2 - origin.top;
      const x2 = (same ? to.right : to.left) - origin.left, y2 = (to.top + to.bottom) / 2 - origin.top;
      const bend = same ? 34 : (x2 - x1) / 2;
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", `M${x1},${y1} C${x1 + bend},${y1} ${same ? x2 + bend : x2 - bend},${y2} ${x2},${y2}`);
      path.setAttribute("fill", "none");
      const own = link.utilization === null;
      path.setAttribute("stroke", own ? "#9aa5b1" : link.utilization >= 0.9 ? "#D55E00" : "#0072B2");
      path.setAttribute("stroke-width", own ? 1.2 : 1.2 + 5 * Math.min(link.utilization, 1));
      path.setAttribute("stroke-opacity", own ? 0.6 : 0.35 + 0.5 * Math.min(link.utilization, 1));
      if (own) path.setAttribute("stroke-dasharray", "4 3");
      svg.append(path);
    }
  };
  draw();
  new ResizeObserver(draw).observe(plan);
}
