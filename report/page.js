// Draw every chart of the page. Expressions are interpreted (`ast`), so that the page can forbid eval.
"use strict";

// "currentColor" is the page's own text colour: charts follow dark mode and print.
const config = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: "currentColor",
    titleColor: "currentColor",
    domainColor: "currentColor",
    tickColor: "currentColor",
    gridColor: "currentColor",
    domainOpacity: 0.35,
    tickOpacity: 0.35,
    gridOpacity: 0.1,
    labelOpacity: 0.85,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 10,
  },
  legend: {
    labelColor: "currentColor",
    titleColor: "currentColor",
    symbolBaseFillColor: "currentColor",
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
};

for (const element of document.querySelectorAll("script.spec")) {
  const place = element.parentElement.querySelector(".chart");
  const options = {
    ast: true,
    actions: { export: true, source: false, compiled: false, editor: false },
    config,
    mode: "vega-lite",
    renderer: "svg",
  };
  vegaEmbed(place, JSON.parse(element.textContent), options).catch((error) => {
    place.textContent = `This chart could not be drawn: ${error.message}`;
  });
}
