import HTTPTypes

extension GraftServer {
  /// Every operation of the API, and the pages.
  static let routes: [Route] = [
    .get("/health", by: .everybody, Health.health),
    .get("/v1/health", by: .everybody, Health.health),
    .get("/metrics", Health.metrics),
    .get("/stats", Health.stats),
    .get("/v1/models", Models.list),
    Route(.get, .named("/v1/models/"), .client, Models.retrieve),
    Route(.delete, .named("/v1/models/"), .administrator, Models.delete),
    .post("/v1/chat/completions", ChatCompletions.handle),
    .post("/v1/completions", Completions.handle),
    .post("/v1/embeddings", Embeddings.handle),
    .post("/v1/score", Score.handle),
    .post("/v1/load_lora_adapter", by: .administrator, AdapterRoutes.load),
    .post("/v1/unload_lora_adapter", by: .administrator, AdapterRoutes.unload),
    .post("/tokenize", TokenizerRoutes.tokenize),
    .post("/detokenize", TokenizerRoutes.detokenize),
    .get("/tokenizer_info", TokenizerRoutes.info),
    .post("/apply-template", TokenizerRoutes.applyTemplate),
    .get("/", by: .everybody, PageRoutes.page),
    .get("/favicon.ico", by: .everybody, PageRoutes.icon),
    .get("/runs", by: .everybody, RunRoutes.list),
    Route(.get, .named("/runs/"), .everybody, RunRoutes.report),
  ]
}
