extension Page {
  /// The style: the colours of the system, light or dark, and one column on a phone.
  static let style = #"""
    :root {
      color-scheme: light dark;
      --ground: light-dark(#ffffff, #15171a);
      --panel: light-dark(#f4f5f7, #1d2024);
      --ink: light-dark(#1b1e23, #e6e8eb);
      --soft: light-dark(#5a626d, #9aa3ae);
      --line: light-dark(#d6dae0, #343a42);
      --accent: light-dark(#0b5cad, #7ab8ff);
      --on-accent: light-dark(#ffffff, #0b1420);
      --bad: light-dark(#a4161a, #ff8f8f);
      --user: light-dark(#e8f0fa, #223047);
      --doubt: 255 140 0;
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    html, body { height: 100%; margin: 0; }
    body {
      display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, sans-serif;
    }
    header {
      display: flex; align-items: baseline; gap: 1rem; padding: .5rem 1rem;
      border-bottom: 1px solid var(--line);
    }
    h1 { font-size: 1.15rem; margin: 0; }
    #load { margin: 0; flex: 1; color: var(--soft); font-size: .85rem;
      font-variant-numeric: tabular-nums; }
    a { color: var(--accent); }
    .skip { position: absolute; left: -999px; }
    .skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .25rem .5rem; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
      clip-path: inset(50%); }
    main { flex: 1; display: flex; min-height: 0; }
    #settings {
      width: 17.5rem; flex: none; overflow-y: auto; padding: 1rem; background: var(--panel);
      border-right: 1px solid var(--line); display: flex; flex-direction: column; gap: .75rem;
    }
    #open-settings { display: none; }
    label { display: block; font-size: .85rem; color: var(--soft); }
    label.row { display: flex; gap: .5rem; align-items: center; color: var(--ink); }
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; align-items: end; }
    input:not([type=checkbox]), select, textarea {
      width: 100%; margin-top: .2rem; padding: .35rem .5rem; font: inherit; color: var(--ink);
      background: var(--ground); border: 1px solid var(--line); border-radius: 6px;
    }
    .pair input, .pair select { height: 2.15rem; }
    textarea { resize: vertical; }
    #schema, #regex { font-family: ui-monospace, monospace; font-size: .8rem; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
    button {
      font: inherit; padding: .35rem .9rem; border-radius: 6px; border: 1px solid var(--line);
      background: var(--panel); color: var(--ink); cursor: pointer;
    }
    button:disabled { opacity: .5; cursor: default; }
    #send { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
    #desk { flex: 1; display: flex; flex-direction: column; min-width: 0; }
    #columns { flex: 1; display: flex; min-height: 0; }
    .column { flex: 1; display: flex; flex-direction: column; min-width: 0; }
    .column + .column { border-left: 1px solid var(--line); }
    .model { display: flex; gap: .5rem; align-items: center; padding: .5rem 1rem; }
    .model select { margin: 0; width: auto; max-width: 100%; min-width: 0; }
    .log { flex: 1; overflow-y: auto; padding: .5rem 1rem 1rem; }
    .message { margin: 0 0 .75rem; max-width: 46rem; }
    .message .who { font-size: .75rem; color: var(--soft); }
    .message .text {
      white-space: pre-wrap; overflow-wrap: anywhere; padding: .5rem .75rem; border-radius: 8px;
      border: 1px solid var(--line); min-height: 2.4rem;
    }
    .message.user .text { background: var(--user); border-color: transparent; }
    .message.error .text { color: var(--bad); border-color: var(--bad); }
    .message .facts { font-size: .75rem; color: var(--soft); font-variant-numeric: tabular-nums; }
    .t { border-radius: 3px; }
    .t:hover, .t.chosen { outline: 1px solid var(--accent); }
    .shaded .t { background: rgb(var(--doubt) / var(--doubtful, 0)); }
    #composer { padding: .75rem 1rem 1rem; border-top: 1px solid var(--line); display: flex;
      gap: .75rem; align-items: end; }
    #prompt { margin: 0; }
    .buttons { display: flex; gap: .5rem; flex: none; }
    #tip {
      position: fixed; z-index: 2; max-width: 18rem; padding: .5rem .75rem; font-size: .8rem;
      background: var(--ground); border: 1px solid var(--line); border-radius: 8px;
      box-shadow: 0 4px 16px rgb(0 0 0 / .25); pointer-events: none;
      font-variant-numeric: tabular-nums;
    }
    #tip table { border-collapse: collapse; }
    #tip td { padding: 0 .75rem 0 0; }
    #tip td:first-child { font-family: ui-monospace, monospace; white-space: pre; }
    #tip .own { font-weight: 600; }
    @media (max-width: 760px) {
      #open-settings { display: block; }
      #settings { display: none; }
      #settings.open { display: flex; position: fixed; inset: 3rem 0 0 0; width: auto; z-index: 1; }
      header { gap: .6rem; padding: .5rem .75rem; }
      #load { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
      #columns { flex-direction: column; }
      .column + .column { border-left: 0; border-top: 1px solid var(--line); }
      #composer { flex-direction: column; align-items: stretch; gap: .5rem; padding: .6rem .75rem; }
      .buttons button { flex: 1; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .message.waiting .text::after { content: "▍"; animation: blink 1s steps(2) infinite; }
      @keyframes blink { 50% { opacity: 0; } }
    }

    """#
}
