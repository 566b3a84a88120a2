/** The web platform's URL. Host names with letters outside of ASCII must be written in Punycode. */
export { URL, URLSearchParams } from "whatwg-url-without-unicode";
