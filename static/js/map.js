// Boundaries on a map without a background, and with one where the office set up a tile service. The list beside
// the map says the same in words; its buttons show a place. Colours come from the stylesheet by class names.
(function () {
  "use strict";
  const box = document.querySelector("[data-map]");
  const source = box && document.getElementById(box.dataset.map);
  if (!source || !window.L) return;
  const data = JSON.parse(source.textContent);
  const L = window.L;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(box, {
    attributionControl: Boolean(data.tiles), zoomControl: false, zoomAnimation: !still, fadeAnimation: !still,
    scrollWheelZoom: false, zoomSnap: 0.25,
  });
  L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  if (data.tiles) {
    map.attributionControl.setPrefix(false);
    L.tileLayer(data.tiles, { attribution: data.attribution }).addTo(map);
  }
  // The wheel scrolls the page until the map was touched.
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());

  function popup(place) {
    const words = document.createElement("div");
    const head = document.createElement(place.url ? "a" : "strong");
    head.textContent = place.name;
    if (place.url) head.href = place.url;
    words.append(head);
    place.lines.forEach((line) => {
      const p = document.createElement("p");
      p.textContent = line;
      words.append(p);
    });
    return words;
  }

  const layers = {};
  // Outlines of larger places first, so that smaller ones lie above and can be pressed.
  data.features.sort((a, b) => a.tier - b.tier).forEach((place) => {
    try {
      const layer = L.geoJSON(place.boundary, { className: `place tier-${place.tier} tone-${place.tone}` });
      layer.bindPopup(() => popup(place));
      if (place.tier === 12) {
        layer.bindTooltip(place.name, { permanent: true, direction: "center", className: "place-label" });
      }
      layers[place.code] = layer.addTo(map);
    } catch (error) { /* A boundary nobody can read is named in the report; the others are drawn. */ }
  });
  const all = L.featureGroup(Object.values(layers));
  if (Object.keys(layers).length) map.fitBounds(all.getBounds(), { padding: [16, 16], animate: false });

  // Names of areas only where there is room for them: a name that would lie on another waits until one zooms in.
  function showLabels() {
    box.classList.toggle("no-labels", map.getSize().x < 480);
    const taken = [];
    box.querySelectorAll(".place-label").forEach((label) => {
      const at = label.getBoundingClientRect();
      const free = taken.every((b) => at.right <= b.left || b.right <= at.left || at.bottom <= b.top || b.bottom <= at.top);
      label.classList.toggle("is-covered", !free);
      if (free) taken.push(at);
    });
  }
  map.on("resize zoomend", showLabels);
  showLabels();

  function show(code) {
    const layer = layers[code];
    if (!layer) return;
    Object.keys(layers).forEach((other) => layers[other].eachLayer((part) => {
      const path = part.getElement && part.getElement();
      if (path) path.classList.toggle("is-shown", other === code);
    }));
    document.querySelectorAll("[data-map-show]").forEach((button) => {
      const chosen = button.dataset.mapShow === code;
      button.setAttribute("aria-pressed", String(chosen));
      const row = button.closest("li, tr");
      if (row) row.classList.toggle("is-shown", chosen);
    });
    layer.bringToFront();
    map.fitBounds(layer.getBounds(), { padding: [40, 40], maxZoom: 16, animate: !still });
    layer.openPopup();
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-map-show]");
    if (!button) return;
    show(button.dataset.mapShow);
    const seen = box.getBoundingClientRect();
    if (seen.bottom < 80 || seen.top > window.innerHeight - 80) box.scrollIntoView({ block: "center" });
  });
  Object.keys(layers).forEach((code) => layers[code].on("click", () => show(code)));
})();
