// Everything here makes pages quicker to use; none of them needs it.
import { confirmBefore, sendOnce } from "./forms.js";
import { moveInTables } from "./keys.js";
import { switchTheme } from "./theme.js";

sendOnce(document);
confirmBefore(document);
moveInTables(document);
switchTheme(document);
