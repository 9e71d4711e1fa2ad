// The library shows its maker's logo from the maker's own address; nothing is asked of others here, so it gets an empty picture.
const setAttribute = HTMLImageElement.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  const isForeign = name === "src" && /^https?:/.test(value) && new URL(value).origin !== location.origin;
  setAttribute.call(this, name, isForeign ? "data:image/gif;base64,R0lGODlhAQABAAAAACw=" : value);
};
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
