import HTTPTypes
import Hummingbird
import Inference
import Logging
import ModelFiles
import SafeIO

/// `GET /v1/models`, `GET` and `DELETE /v1/models/{name}`: the base, and the adapters under their names.
enum Models {
  static func list(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    let adapters = state.engine.adapters.list
    return exchange.reply([
      "object": "list",
      "data": JSON([base(state)] + adapters.map { adapter($0, state) }),
    ])
  }

  static func retrieve(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    guard let handle = try state.adapter(named: exchange.name) else {
      return exchange.reply(base(state))
    }
    return exchange.reply(adapter(handle, state))
  }

  static func delete(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    guard exchange.name != state.configuration.modelName else {
      throw APIError(
        .forbidden, type: "permission_error", code: "base_model",
        "the base cannot be unloaded")
    }
    guard state.engine.adapters.unload(name: exchange.name) != nil else { throw state.unknownModel }
    exchange.log.notice("adapter unloaded", metadata: ["adapter": "\(exchange.name)"])
    return exchange.reply(["id": JSON(exchange.name), "object": "model", "deleted": true])
  }

  private static func base(_ state: ServerState) -> JSON {
    var json = head(state.configuration.modelName, state)
    json["parent"] = .null
    json["base_sha256"] = JSON(state.engine.fingerprint.weights)
    json["numerics"] = JSON(state.engine.numerics)
    return JSON(json)
  }

  private static func head(_ name: String, _ state: ServerState) -> JSONObject {
    var json = JSONObject()
    json["id"] = JSON(name)
    json["object"] = "model"
    json["created"] = JSON(state.created)
    json["owned_by"] = "graft"
    json["root"] = JSON(name)
    json["max_model_len"] = JSON(state.engine.context)
    return json
  }

  static func adapter(_ handle: AdapterHandle, _ state: ServerState) -> JSON {
    var json = head(handle.name, state)
    json["parent"] = JSON(state.configuration.modelName)
    var adapter = JSONObject()
    adapter["sha256"] = JSON(handle.sha256)
    adapter["base_sha256"] = JSON(state.engine.fingerprint.weights)
    adapter["base_verified"] = JSON(handle.isBaseVerified)
    adapter["modules"] = JSON(handle.moduleCount)
    adapter["bytes"] = JSON(handle.bytes)
    json["adapter"] = JSON(adapter)
    return JSON(json)
  }
}
