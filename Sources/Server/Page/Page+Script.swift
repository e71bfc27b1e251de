extension Page {
  /// The script: reads streams, draws tokens, and asks for the load every two seconds.
  static let script = #"""
    "use strict";
    const $ = id => document.getElementById(id);
    const sides = ["a", "b"].map(name => ({
      name, model: $("model-" + name), log: $("log-" + name), messages: [], tokens: [],
    }));
    let running = null;

    function headers() {
      const key = $("key").value.trim();
      return key ? { "Authorization": "Bearer " + key } : {};
    }

    async function failure(response) {
      try {
        const error = (await response.json()).error;
        return error.message + (error.param ? " (" + error.param + ")" : "");
      } catch { return "the server answered " + response.status; }
    }

    // Models and load

    async function loadModels() {
      const response = await fetch("/v1/models", { headers: headers() });
      if (!response.ok) throw new Error(await failure(response));
      const models = (await response.json()).data;
      for (const side of sides) {
        const before = side.model.value;
        side.model.replaceChildren(...models.map(model => {
          const name = model.parent ? model.id + " (adapter)" : model.id;
          return new Option(name, model.id);
        }));
        const wanted = before || (side.name === "b" && models[1] ? models[1].id : models[0].id);
        side.model.value = models.some(model => model.id === wanted) ? wanted : models[0].id;
      }
      return models.length - 1;
    }

    let adapterCount = -1;
    let lastStats = null;
    async function showLoad() {
      if (document.hidden) return;
      try {
        const response = await fetch("/stats", { headers: headers() });
        if (!response.ok) throw new Error(await failure(response));
        const stats = await response.json();
        if (stats.adapters !== adapterCount) adapterCount = await loadModels();
        const now = performance.now();
        let rate = 0;
        if (lastStats) {
          rate = (stats.completion_tokens - lastStats.tokens) / (now - lastStats.time) * 1000;
        }
        lastStats = { tokens: stats.completion_tokens, time: now };
        const full = Math.round(100 * stats.cache_tokens_used / Math.max(1, stats.cache_tokens));
        $("load").textContent =
          `${stats.running} running, ${stats.waiting} waiting · ${Math.max(0, Math.round(rate))}`
          + ` tokens/s · cache ${full} % · ${Math.round(stats.memory_bytes / 1048576)} MiB`
          + ` · ${stats.numerics}`;
      } catch (error) {
        $("load").textContent = error.message;
        adapterCount = -1;
      }
    }

    // Messages

    function addMessage(side, role, text) {
      const message = document.createElement("div");
      message.className = "message " + role;
      const who = document.createElement("div");
      who.className = "who";
      who.textContent = role === "user" ? "You" : role === "error" ? "Error" : side.model.value;
      const body = document.createElement("div");
      body.className = "text";
      body.textContent = text;
      const facts = document.createElement("div");
      facts.className = "facts";
      message.append(who, body, facts);
      if (role === "error") message.setAttribute("role", "alert");
      side.log.append(message);
      side.log.scrollTop = side.log.scrollHeight;
      return { message, body, facts };
    }

    function addToken(side, body, entry) {
      const span = document.createElement("span");
      span.className = "t";
      span.textContent = entry.text;
      const chance = Math.exp(entry.logprob);
      span.style.setProperty("--doubtful", (0.75 * (1 - chance)).toFixed(3));
      span.dataset.index = side.tokens.push(entry) - 1;
      body.append(span);
    }

    function percent(logprob) {
      const value = 100 * Math.exp(logprob);
      return value >= 0.1 ? value.toFixed(1) + " %" : "< 0.1 %";
    }

    function showTip(span) {
      const side = sides.find(side => side.log.contains(span));
      const entry = side && side.tokens[Number(span.dataset.index)];
      if (!entry) return;
      document.querySelectorAll(".t.chosen").forEach(other => other.classList.remove("chosen"));
      span.classList.add("chosen");
      const table = document.createElement("table");
      const rows = entry.top.some(other => other.token === entry.token)
        ? entry.top : [entry, ...entry.top];
      for (const row of rows) {
        const line = table.insertRow();
        if (row.token === entry.token) line.className = "own";
        line.insertCell().textContent = JSON.stringify(row.token).slice(1, -1);
        line.insertCell().textContent = percent(row.logprob);
      }
      $("tip").replaceChildren(table);
      $("tip").hidden = false;
      const place = span.getBoundingClientRect();
      const size = $("tip").getBoundingClientRect();
      const left = Math.min(place.left, innerWidth - size.width - 8);
      const below = place.bottom + 6;
      const top = below + size.height > innerHeight ? place.top - size.height - 6 : below;
      $("tip").style.left = Math.max(8, left) + "px";
      $("tip").style.top = Math.max(8, top) + "px";
    }

    function hideTip() {
      $("tip").hidden = true;
      document.querySelectorAll(".t.chosen").forEach(span => span.classList.remove("chosen"));
    }

    // Requests

    function options() {
      const number = id => $(id).value === "" ? undefined : Number($(id).value);
      const body = {
        temperature: number("temperature"), top_p: number("top_p"), top_k: number("top_k"),
        min_p: number("min_p"), repetition_penalty: number("repetition_penalty"),
        max_tokens: number("max_tokens"), seed: number("seed"), logprobs: true, top_logprobs: 5,
        stream: true, stream_options: { include_usage: true },
      };
      const format = $("format").value;
      if (format === "json_object") body.response_format = { type: format };
      if (format === "regex") body.regex = $("regex").value;
      if (format === "json_schema") {
        let schema;
        try { schema = JSON.parse($("schema").value); }
        catch (error) { throw new Error("the schema is not JSON: " + error.message); }
        body.response_format = { type: format, json_schema: { name: "answer", schema } };
      }
      return body;
    }

    async function* events(response) {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      while (true) {
        const { value, done } = await reader.read();
        if (done) throw new Error("the answer was cut off");
        rest += value;
        const lines = rest.split("\n");
        rest = lines.pop();
        for (const line of lines) {
          if (!line.startsWith("data: ")) continue;
          if (line === "data: [DONE]") return;
          yield JSON.parse(line.slice(6));
        }
      }
    }

    async function answer(side, shared, signal) {
      const view = addMessage(side, "assistant", "");
      view.message.classList.add("waiting");
      const began = performance.now();
      let first = 0;
      let said = "";
      try {
        const system = $("system").value.trim();
        const messages = system ? [{ role: "system", content: system }] : [];
        const response = await fetch("/v1/chat/completions", {
          method: "POST", signal,
          headers: { "Content-Type": "application/json", ...headers() },
          body: JSON.stringify({
            ...shared, model: side.model.value, messages: messages.concat(side.messages),
          }),
        });
        if (!response.ok) throw new Error(await failure(response));
        let usage = null;
        let ended = "";
        for await (const chunk of events(response)) {
          if (chunk.error) throw new Error(chunk.error.message);
          if (chunk.usage) usage = chunk.usage;
          const choice = chunk.choices[0];
          if (!choice) continue;
          if (choice.finish_reason) ended = choice.finish_reason;
          if (choice.delta.content) {
            said += choice.delta.content;
            first = first || performance.now();
          }
          draw(side, view.body, said, choice.logprobs ? choice.logprobs.content : []);
          side.log.scrollTop = side.log.scrollHeight;
        }
        const seconds = (performance.now() - began) / 1000;
        const count = usage ? usage.completion_tokens : 0;
        view.facts.textContent =
          `${count} tokens, ${first ? `first after ${Math.round(first - began)} ms` : "no text"},`
          + ` ${Math.round(count / Math.max(seconds, 0.001))} tokens/s, ended by ${ended}`;
        side.messages.push({ role: "assistant", content: said });
      } catch (error) {
        if (error.name === "AbortError") {
          view.facts.textContent = "stopped";
          if (said) side.messages.push({ role: "assistant", content: said });
          else side.messages.pop();
        } else {
          if (!said) view.message.remove();
          addMessage(side, "error", error.message);
          side.messages.pop();
        }
      } finally {
        view.message.classList.remove("waiting");
      }
    }

    // Tokens whose text is not certain yet (half a character, the beginning of a stop string) come
    // with their text later: what is drawn is always what was said.
    function draw(side, body, said, entries) {
      for (const entry of entries) {
        const rest = said.slice(body.textContent.length);
        const text = rest.startsWith(entry.token) ? entry.token : "";
        addToken(side, body, {
          text, token: entry.token, logprob: entry.logprob, top: entry.top_logprobs,
        });
      }
      const rest = said.slice(body.textContent.length);
      if (!rest) return;
      if (body.lastChild && body.lastChild.nodeType === 1) body.lastChild.textContent += rest;
      else body.append(rest);
    }

    async function send(event) {
      event.preventDefault();
      const text = $("prompt").value.trim();
      if (!text || running) return;
      const active = $("compare").checked ? sides : [sides[0]];
      let shared;
      try { shared = options(); }
      catch (error) { return void addMessage(sides[0], "error", error.message); }
      // Side by side both answer with the same seed.
      if (shared.seed === undefined) shared.seed = Math.floor(Math.random() * 2 ** 31);
      for (const side of active) {
        side.messages.push({ role: "user", content: text });
        addMessage(side, "user", text);
      }
      $("prompt").value = "";
      running = new AbortController();
      $("send").disabled = true;
      $("stop").disabled = false;
      await Promise.all(active.map(side => answer(side, shared, running.signal)));
      running = null;
      $("send").disabled = false;
      $("stop").disabled = true;
      $("prompt").focus();
      showLoad();
    }

    function clear() {
      if (running) running.abort();
      for (const side of sides) {
        side.messages = [];
        side.tokens = [];
        side.log.replaceChildren();
      }
      hideTip();
      $("prompt").focus();
    }

    // Keys and clicks

    function chooseToken(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const spans = [...event.currentTarget.querySelectorAll(".t")];
      if (!spans.length) return;
      const now = spans.findIndex(span => span.classList.contains("chosen"));
      const next = now < 0 ? (step > 0 ? 0 : spans.length - 1) : now + step;
      if (!spans[next]) return;
      event.preventDefault();
      spans[next].scrollIntoView({ block: "nearest" });
      showTip(spans[next]);
    }

    for (const side of sides) {
      side.log.addEventListener("mouseover", event => {
        if (event.target.classList.contains("t")) showTip(event.target);
      });
      side.log.addEventListener("click", event => {
        if (event.target.classList.contains("t")) showTip(event.target);
      });
      side.log.addEventListener("mouseleave", hideTip);
      side.log.addEventListener("blur", hideTip);
      side.log.addEventListener("keydown", chooseToken);
    }
    function shade() { $("columns").classList.toggle("shaded", $("shade").checked); }
    function showFormat() {
      $("schema-row").hidden = $("format").value !== "json_schema";
      $("regex-row").hidden = $("format").value !== "regex";
    }
    function toggleSettings() {
      const open = $("settings").classList.toggle("open");
      $("open-settings").setAttribute("aria-expanded", open);
      if (open) $("compare").focus();
    }
    $("composer").addEventListener("submit", send);
    $("settings").addEventListener("submit", event => event.preventDefault());
    $("stop").addEventListener("click", () => running && running.abort());
    $("clear").addEventListener("click", clear);
    $("compare").addEventListener("change", () => {
      $("column-b").hidden = !$("compare").checked;
    });
    $("shade").addEventListener("change", shade);
    $("format").addEventListener("change", showFormat);
    $("open-settings").addEventListener("click", toggleSettings);
    $("key").addEventListener("change", () => {
      sessionStorage.setItem("graft-key", $("key").value);
      showLoad();
    });
    $("prompt").addEventListener("keydown", event => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
    });
    document.addEventListener("keydown", event => {
      if (event.key !== "Escape") return;
      if ($("settings").classList.contains("open")) toggleSettings();
      else if (running) running.abort();
      hideTip();
    });
    $("schema").value = JSON.stringify({
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
      required: ["name", "age"], additionalProperties: false,
    }, null, 2);
    $("key").value = sessionStorage.getItem("graft-key") || "";
    shade();
    showFormat();
    showLoad();
    setInterval(showLoad, 2000);

    """#
}
