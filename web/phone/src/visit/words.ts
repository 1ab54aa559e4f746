// The visit's words: `v(key, {name: value})`, in the language of the person.
import { words } from "../words";
import { en } from "./en";
import { zh } from "./zh";

export const v = words(zh, en);
