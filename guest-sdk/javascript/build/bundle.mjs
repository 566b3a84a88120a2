/** Bundles a project, the SDK and their dependencies to one file. */

import { join } from "node:path";
import esbuild from "esbuild";

/** Returns the source of the component's module: each function with the WIT shapes of its parameters and its result. */
export function entrySource(entry, { functions }) {
  const lines = functions.map(
    ({ name, parameters, result }) =>
      `export const ${name} = expose(${JSON.stringify(name)}, plugin.${name}, ${JSON.stringify(parameters.map((one) => one.shape))}, ${JSON.stringify(result)});`,
  );
  return [
    `import "@sqlservice/guest/runtime/install";`,
    `import * as plugin from ${JSON.stringify(entry)};`,
    `import { declare, expose } from "@sqlservice/guest/exported";`,
    `export const declarations = { declaredModels: () => declare(plugin) };`,
    ...lines,
  ].join("\n");
}

/** Bundles a module. The returned `imports` are the host's interfaces that it uses. */
export async function bundle({ sdk, project, entry }) {
  const result = await esbuild.build({
    stdin: { contents: entry, resolveDir: project, sourcefile: "exports.ts", loader: "ts" },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    minifySyntax: true,
    legalComments: "none",
    conditions: ["import"],
    mainFields: ["module", "main"],
    external: ["sqlservice:*", "wasi:*"],
    inject: [join(sdk, "src", "runtime", "globals.ts")],
    alias: {
      "@sqlservice/guest": join(sdk, "src", "index.ts"),
      "@sqlservice/guest/raw": join(sdk, "src", "raw.ts"),
      "@sqlservice/guest/runtime/install": join(sdk, "src", "runtime", "install.ts"),
      "@sqlservice/guest/exported": join(sdk, "src", "exported.ts"),
    },
    nodePaths: [join(project, "node_modules"), join(sdk, "node_modules")],
    logLevel: "error",
  });
  const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { text: result.outputFiles[0].text, imports: new Set(imports) };
}
