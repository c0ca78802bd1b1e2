// Builds the page into the package of notifier, which serves it.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import { developmentProxy } from "./development-proxy.ts";

const SERVED = resolve(import.meta.dirname, "../../services/notifier/src/softphone_notifier/web");
const SERVICES = process.env.SOFTPHONE_URL ?? "http://localhost:8080";

/** Compresses each file once, so that the server need not do it for each request. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(SERVED)) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const content = readFileSync(resolve(SERVED, name));
        writeFileSync(resolve(SERVED, `${name}.gz`), gzipSync(content, { level: 9 }));
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(
          resolve(SERVED, `${name}.br`),
          brotliCompressSync(content, { params: quality }),
        );
      }
    },
  };
}

/** Vite gives every document the script of the page; the one for unknown addresses needs none. */
function withoutScript(): Plugin {
  return {
    name: "without-script",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html, { filename }) =>
        filename.endsWith("404.html") ? html.replace(/ *<script[^>]*><\/script>\n/g, "") : html,
    },
  };
}

export default defineConfig(({ command }) => ({
  // vite itself serves the page at the root, as notifier does
  base: command === "build" ? "/web/" : "/",
  plugins: [withoutScript(), compressed()],
  build: {
    outDir: SERVED,
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0, // the policy of the page allows no data: addresses
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // everything a user needs at once is one file; what is opened later imports from it
      output: {
        codeSplitting: { groups: [{ name: "page", tags: ["$initial"] }] },
        chunkFileNames: ({ name, facadeModuleId }) => {
          const language = facadeModuleId?.match(/i18n\/(\w+)\//)?.[1];
          return language ? `${name}-${language}-[hash].js` : "[name]-[hash].js";
        },
      },
      input: [resolve(import.meta.dirname, "index.html"), resolve(import.meta.dirname, "404.html")],
    },
  },
  server: {
    proxy: developmentProxy(SERVICES),
  },
}));
