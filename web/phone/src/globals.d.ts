/** The version of package.json, put in by build.mjs. */
declare const APP_VERSION: string;
declare module "*.css";
/** Node's own modules, in tests alone. */
declare module "node:*";
