// Asking the server. Questions and ids go into the body of a POST, so that no address and no log has them.

import { byId } from "./dom.js";

const PLACE = "weirflow-key";

/** Take the key out of the address, so that it is in no history; keep it for this tab. */
export function takeKey() {
  if (location.hash.length > 20) {
    sessionStorage.setItem(PLACE, location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
}

/** The answer to a question; throws an Error in words for people. `signal` gives a question up. */
export async function ask(what, details = {}, signal = undefined) {
  let response;
  try {
    response = await fetch(`/api/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${sessionStorage.getItem(PLACE) ?? ""}` },
      body: JSON.stringify(details),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is weirflow still running?");
  }
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** Do something that asks; say what went wrong where it does. */
export async function attempt(work) {
  const trouble = byId("trouble");
  try {
    const result = await work();
    trouble.hidden = true;
    return result;
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    trouble.textContent = error.message;
    trouble.hidden = false;
    return undefined;
  }
}
