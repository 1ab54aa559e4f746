// The entry of the phone app.
import { render } from "preact";
import { App, fetchFirst } from "./app";
import { resume } from "./data/session";
import { follow } from "./route";
import { speakTo } from "./api/client";
import { language, speak } from "./words";
import { register } from "./worker";
import { effect } from "@preact/signals";
import "./ui/ui.css";
import "./visit/visit.css";

speak(language.value);
effect(() => { speakTo(language.value); });
follow();
render(<App />, document.getElementById("app") as HTMLElement);
void resume();
fetchFirst();
register();
