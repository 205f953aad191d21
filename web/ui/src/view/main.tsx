/** Starts the page. */

import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import { Gate } from "./frame/gate.tsx";
import { listenToKeys } from "./frame/keyboard.ts";
import { catchLinks } from "./frame/router.ts";
import { focusSearch } from "./frame/search.tsx";
import { startPainting } from "./live/pace.ts";
import { reloadOnMissingPart } from "./live/reload.ts";
import { askWho } from "./live/who.ts";

reloadOnMissingPart();
catchLinks();
listenToKeys(focusSearch);
void askWho();
startPainting();
render(<Gate />, document.getElementById("app") as HTMLElement);
