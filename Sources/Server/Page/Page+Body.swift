extension Page {
  /// What the document shows before the script has done anything.
  static let body = #"""
    <body>
    <a class="skip" href="#prompt">Skip to the prompt</a>
    <header>
      <h1>Graft</h1>
      <p id="load" role="status">connecting…</p>
      <nav><a href="/runs">Runs</a></nav>
      <button id="open-settings" type="button" aria-expanded="false"
        aria-controls="settings">Settings</button>
    </header>
    <main>
      <form id="settings" aria-label="Settings">
        <label class="row"><input id="compare" type="checkbox"> Two side by side</label>
        <label>System message
          <textarea id="system" rows="2"></textarea></label>
        <div class="pair">
          <label>Temperature
            <input id="temperature" type="number" min="0" max="2" step="0.1" value="0.7"></label>
          <label>Top-p
            <input id="top_p" type="number" min="0.01" max="1" step="0.01" value="1"></label>
          <label>Top-k (0: all)
            <input id="top_k" type="number" min="0" step="1" value="0"></label>
          <label>Min-p
            <input id="min_p" type="number" min="0" max="1" step="0.01" value="0.05"></label>
          <label>Repetition
            <input id="repetition_penalty" type="number" min="0.5" max="2" step="0.05"
              value="1.1"></label>
          <label>Most tokens
            <input id="max_tokens" type="number" min="1" step="1" value="256"></label>
          <label>Seed
            <input id="seed" type="number" step="1" placeholder="drawn"></label>
          <label>Answer
            <select id="format">
              <option value="text">any text</option>
              <option value="json_object">a JSON object</option>
              <option value="json_schema">JSON of a schema</option>
              <option value="regex">a regular expression</option>
            </select></label>
        </div>
        <label id="schema-row" hidden>JSON schema
          <textarea id="schema" rows="8" spellcheck="false"></textarea></label>
        <label id="regex-row" hidden>Regular expression
          <input id="regex" spellcheck="false"></label>
        <label class="row"><input id="shade" type="checkbox" checked>
          Shade tokens by probability</label>
        <label>API key, where one is needed
          <input id="key" type="password" autocomplete="off"></label>
      </form>
      <section id="desk">
        <div id="columns">
          <section class="column" id="column-a" aria-label="First conversation">
            <label class="model">Model <select id="model-a"></select></label>
            <div class="log" id="log-a" role="log" aria-live="polite" tabindex="0"></div>
          </section>
          <section class="column" id="column-b" aria-label="Second conversation" hidden>
            <label class="model">Model <select id="model-b"></select></label>
            <div class="log" id="log-b" role="log" aria-live="polite" tabindex="0"></div>
          </section>
        </div>
        <form id="composer">
          <label class="hidden" for="prompt">Prompt</label>
          <textarea id="prompt" rows="2" autofocus
            placeholder="Ask something. Enter sends, Shift+Enter breaks the line."></textarea>
          <div class="buttons">
            <button id="send" type="submit">Send</button>
            <button id="stop" type="button" disabled>Stop</button>
            <button id="clear" type="button">Clear</button>
          </div>
        </form>
      </section>
    </main>
    <div id="tip" role="tooltip" hidden></div>

    """#
}
