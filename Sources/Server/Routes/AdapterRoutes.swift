import Adapters
import HTTPTypes
import Hummingbird
import Inference
import Logging
import SafeIO

/// `POST /v1/load_lora_adapter` and `/v1/unload_lora_adapter`, with vLLM's names.
enum AdapterRoutes {
  static func load(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var fields = try Fields(exchange.body)
    guard let name = try fields.string("lora_name") else {
      throw APIError.value("lora_name", "is missing")
    }
    let place = try fields.string("lora_path") ?? name
    let replaces = try fields.bool("load_inplace") ?? false
    try fields.finish(isLenient: state.configuration.isLenient)
    guard AdapterDirectory.isName(name) else {
      throw APIError.value(
        "lora_name", "must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit"
      )
    }
    guard name != state.configuration.modelName else {
      throw APIError.adapterConflict("the base has this name")
    }
    let path = try state.adapters.path(of: place, param: "lora_path")
    let handle = try loaded(name, path, replaces: replaces, state, exchange.log)
    exchange.log.notice(
      "adapter loaded", metadata: ["adapter": "\(name)", "sha256": "\(handle.sha256)"])
    return exchange.reply(Models.adapter(handle, state))
  }

  static func unload(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var fields = try Fields(exchange.body)
    guard let name = try fields.string("lora_name") else {
      throw APIError.value("lora_name", "is missing")
    }
    // vLLM's clients may send it; names are unique here.
    fields.accept(["lora_int_id"])
    try fields.finish(isLenient: state.configuration.isLenient)
    guard state.engine.adapters.unload(name: name) != nil else {
      var error = state.unknownModel
      error.param = "lora_name"
      throw error
    }
    exchange.log.notice("adapter unloaded", metadata: ["adapter": "\(name.escapedForMessage())"])
    return exchange.reply(["id": JSON(name), "object": "model", "deleted": true])
  }

  private static func loaded(
    _ name: String, _ path: String, replaces: Bool, _ state: ServerState, _ log: Logger
  ) throws -> AdapterHandle {
    do {
      return replaces
        ? try state.engine.adapters.replace(name: name, path: path)
        : try state.engine.adapters.load(name: name, path: path)
    } catch let error as InferenceError {
      throw error
    } catch let error as any UserFacingError {
      log.notice("adapter refused", metadata: ["reason": "\(error.description)"])
      throw refusal(error, state)
    }
  }

  /// What is wrong with an adapter's files, told without where the server keeps them.
  private static func refusal(_ error: any UserFacingError, _ state: ServerState) -> APIError {
    var message = error.description
    if let root = state.adapters.root {
      message = message.split(separator: "\(root)/", omittingEmptySubsequences: false).joined()
    }
    if case AdapterError.otherBase = error { return .adapterConflict(message) }
    return APIError(
      .unprocessableContent, code: "adapter_invalid", param: "lora_path", message)
  }
}
