/// The style sheet of `report.html`, on top of the colours of the charts.
enum PageStyle {
  static let text = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--text);font:16px/1.5 system-ui,sans-serif}
    main{max-width:1060px;margin:0 auto;padding:16px}
    h1{font-size:1.5rem;margin:.4em 0 0;overflow-wrap:anywhere}
    h2{font-size:1.15rem;margin:2em 0 .5em}
    .state{font-size:.8rem;font-weight:600;padding:.15em .7em;border-radius:1em;border:1px solid;\
    vertical-align:middle;white-space:nowrap}
    .state.good,b.good{color:var(--good)}.state.bad,b.bad{color:var(--bad)}
    .state.second{color:var(--second)}
    .muted,dt{color:var(--muted)}
    p{max-width:48rem;overflow-wrap:anywhere}
    code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.85em}
    pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:8px;margin:16px 0}
    .tiles div{border:1px solid var(--grid);border-radius:8px;padding:8px 12px}
    dt{font-size:.8rem}dd{margin:0;font-size:1.1rem;font-weight:600;font-variant-numeric:tabular-nums}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:12px}
    .chart{width:100%;height:auto;border:1px solid var(--grid);border-radius:8px}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;font-size:.9rem;margin:.4em 0;width:100%}
    th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--grid);\
    vertical-align:top;overflow-wrap:anywhere}
    th{color:var(--muted);font-weight:500}
    .numbers th:not(:first-child),.numbers td:not(:first-child){text-align:right;\
    font-variant-numeric:tabular-nums;white-space:nowrap}
    .samples th{white-space:nowrap;width:1%}
    summary{cursor:pointer;overflow-wrap:anywhere;margin:.5em 0}
    .prompt{border-left:3px solid var(--grid);padding-left:10px;color:var(--muted);\
    max-height:14em;overflow:auto}
    """
}
