/** The URL of the web platform; names of hosts in other letters than ASCII have to be written in Punycode. */
export { URL, URLSearchParams } from "whatwg-url-without-unicode";
