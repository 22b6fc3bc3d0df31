/** Our wire protocols in the browser; framework-free. */
export * from "./channel";
export * from "./cursor";
export * from "./encoding";
export * from "./inputs";
export * from "./records";
