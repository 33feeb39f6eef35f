// How does the text field of the query page become an editor that completes, and asks without leaving the page?
//
// The form, the table, the bars and the links are the server's, with a script or without; only the field is replaced.

import Yasqe from "@zazuko/yasqe";
import "@zazuko/yasqe/build/yasqe.min.css";
import "./editor.css";

const MOST_SUGGESTIONS = 50;
const LONGEST_LINK = 4000; // as on the server: what is longer is asked, but not put into the address
const PLAIN_NAME = /^[A-Za-z0-9_](?:[\w-]*\w)?$/;

const form = document.querySelector('form[action="/sparql"]');
const field = document.getElementById("query");
const results = document.getElementById("results");
const button = form.querySelector("button");
const sent = Object.assign(document.createElement("input"), { type: "hidden", name: "query" });
const told = Object.assign(document.createElement("p"), { className: "unseen", role: "status" });
form.after(told);

let prefixes = {};
const known = terms(); // the editor does not wait for it
for (const name of [...Yasqe.defaults.autocompleters]) {
  if (name !== "variables") Yasqe.defaults.autocompleters.splice(Yasqe.defaults.autocompleters.indexOf(name), 1);
}
// Adds a declaration when a known prefix is written; from our list, where Yasqe's own has hundreds.
const declarations = () => Object.entries(prefixes).map(([prefix, namespace]) => `${prefix}: <${namespace}>`);
Yasqe.forkAutocompleter("prefixes", { name: "prefixes", get: declarations }, false);
Yasqe.registerAutocompleter(ofTerms("class", "classes"));
Yasqe.registerAutocompleter(ofTerms("property", "properties"));
Yasqe.registerAutocompleter(ofConcepts());

const editor = edited();
known.then(() => editor.enableCompleter("prefixes"));
let asking = null;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (asking) asking.abort();
  else ask();
});
window.addEventListener("popstate", () => location.reload());

/** What the profiles describe: prefixes, and by kind what a query writes, its whole IRI and what people call it. */
async function terms() {
  const found = { prefixes: {}, properties: [], classes: [] }; // an editor that completes nothing is still one
  try {
    Object.assign(found, await (await fetch("/completion/terms")).json());
  } catch (error) {
    console.warn(error);
  }
  prefixes = found.prefixes;
  const worded = ({ iri, label }) => ({ text: written(iri), iri, label });
  return { prefixes, properties: found.properties.map(worded), classes: found.classes.map(worded) };
}

function edited() {
  const place = document.createElement("div");
  place.className = "editor";
  field.after(place);
  const made = new Yasqe(place, {
    value: field.value,
    persistenceId: null, // the address keeps the query
    createShareableLink: null,
    consumeShareLink: null,
    showQueryButton: false,
    resizeable: false,
    editorHeight: "auto",
    viewportMargin: Infinity,
    inputStyle: "contenteditable", // what is read aloud is what is there
    // Tab leaves the field, as everywhere (WCAG 2.1.2).
    extraKeys: { Tab: false, "Shift-Tab": false, "Ctrl-Enter": run, "Cmd-Enter": run, "Ctrl-S": false },
  });
  made.getInputField().setAttribute("aria-label", "Your query");
  const label = document.querySelector('label[for="query"]');
  label.removeAttribute("for");
  label.addEventListener("click", () => made.focus());
  field.replaceWith(sent);
  document.getElementById("help").hidden = false;
  return made;
}

function run() {
  form.requestSubmit();
}

async function ask() {
  const query = editor.getValue();
  sent.value = query;
  asking = new AbortController();
  results.setAttribute("aria-busy", "true");
  button.textContent = "Stop";
  try {
    const answer = await fetch("/sparql", {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams({ query }),
      signal: asking.signal,
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shown = page.getElementById("results") ?? page.getElementById("main");
    results.replaceChildren(...shown.childNodes);
    const address = `/sparql?${new URLSearchParams({ query })}`;
    if (address.length <= LONGEST_LINK) history.pushState(null, "", address);
  } catch (error) {
    say(error.name === "AbortError" ? "Stopped." : "The catalogue does not answer. Try again in a moment.");
  } finally {
    asking = null;
    results.removeAttribute("aria-busy");
    button.textContent = "Run";
    told.textContent = document.getElementById("s-result")?.textContent ?? results.textContent;
  }
}

function say(text) {
  const words = document.createElement("p");
  words.textContent = text;
  results.replaceChildren(words);
}

/** An IRI as a query writes it: with a known prefix, or whole. */
function written(iri) {
  let best = "";
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    const fits = iri.startsWith(namespace) && PLAIN_NAME.test(iri.slice(namespace.length));
    if (fits && (!best || namespace.length > prefixes[best].length)) best = prefix;
  }
  return best ? `${best}:${iri.slice(prefixes[best].length)}` : `<${iri}>`;
}

/** Completes what the profiles describe, by prefixed name or by the beginning of what people call it. */
function ofTerms(name, kind) {
  const labels = new Map();
  return {
    name,
    bulk: false,
    autoShow: true,
    isValidCompletionPosition: Yasqe.Autocompleters[name].isValidCompletionPosition,
    get: async (_editor, token) => {
      const typed = token.string.trim();
      const word = typed.toLowerCase();
      const fits = ({ text, iri, label }) =>
        text.toLowerCase().startsWith(word) ||
        label.toLowerCase().startsWith(word) ||
        (typed[0] === "<" && iri.startsWith(typed.slice(1)));
      const found = typed ? (await known)[kind].filter(fits).slice(0, MOST_SUGGESTIONS) : [];
      for (const { text, label } of found) labels.set(text, label);
      return found.map(({ text }) => text);
    },
    postprocessHints: (_editor, hints) => hints.map((hint) => named(hint, labels.get(hint.text))),
  };
}

/** Completes a concept of any vocabulary where a word of its name stands in a query; asks the server. */
function ofConcepts() {
  const labels = new Map();
  return {
    name: "concept",
    bulk: false,
    autoShow: false,
    isValidCompletionPosition: (editor) => {
      const { string, state } = editor.getCompleteToken();
      return /^\p{L}[\p{L}\p{N}-]+$/u.test(string) && !state.possibleCurrent.includes("a") && state.stack.length > 1;
    },
    get: async (_editor, token) => {
      const answer = await fetch(`/completion/concepts?${new URLSearchParams({ q: token.string })}`);
      if (!answer.ok) return [];
      const { results } = await answer.json();
      for (const { iri, label, vocabulary } of results) labels.set(written(iri), `${label} · ${vocabulary}`);
      return results.map(({ iri }) => written(iri));
    },
    postprocessHints: (_editor, hints) => hints.map((hint) => named(hint, labels.get(hint.text))),
  };
}

function named(hint, label) {
  return { ...hint, displayText: label ? `${label}  ${hint.text}` : hint.text };
}
