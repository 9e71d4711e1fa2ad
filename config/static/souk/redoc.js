const place = document.getElementById("reference");
const system = "system-ui, sans-serif";
Redoc.init(place.dataset.document, {
  hideDownloadButton: false,
  disableSearch: false,
  jsonSampleExpandLevel: 3,
  sortRequiredPropsFirst: true,
  theme: {
    colors: { primary: { main: "#b4531a" } },
    typography: { fontFamily: system, headings: { fontFamily: system }, code: { fontFamily: "ui-monospace, monospace" } },
  },
}, place);
