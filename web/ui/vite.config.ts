import { defineConfig, type Plugin } from "vite";

const BUILD = process.env["TAKTLINE_UI_BUILD"] ?? "development";

/** Writes the build's name into the page, so that it can tell when the server serves another one. */
function buildName(): Plugin {
  return {
    name: "taktline-build-name",
    transformIndexHtml: (html) => html.replaceAll("%TAKTLINE_BUILD%", BUILD),
  };
}

export default defineConfig({
  base: "/",
  publicDir: "public",
  plugins: [buildName()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env["TAKTLINE_UI_OUT"] ?? "../static",
    emptyOutDir: true,
    target: "es2022",
    // The page's content policy allows no data: addresses.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
});
