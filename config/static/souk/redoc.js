// The library shows its maker's logo from the maker's own address; nothing is asked of others here, so it gets an empty picture.
// It is given as an attribute, and once more as a property.
const setAttribute = HTMLImageElement.prototype.setAttribute;
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const own = (value) =>
  /^https?:/.test(value) && new URL(value).origin !== location.origin
    ? "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    : value;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  setAttribute.call(this, name, name === "src" ? own(value) : value);
};
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(value) {
    source.set.call(this, own(value));
  },
});
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
