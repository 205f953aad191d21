/** Starts the page. */

import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import { App } from "./frame/app.tsx";
import { listenToKeys } from "./frame/keyboard.ts";
import { catchLinks } from "./frame/router.ts";
import { focusSearch } from "./frame/search.tsx";
import { followIssues } from "./live/issues.ts";
import { startPainting } from "./live/pace.ts";
import { reloadOnMissingPart } from "./live/reload.ts";
import { start } from "./live/session.ts";

reloadOnMissingPart();
catchLinks();
listenToKeys(focusSearch);
followIssues();
start();
startPainting();
render(<App />, document.getElementById("app") as HTMLElement);
