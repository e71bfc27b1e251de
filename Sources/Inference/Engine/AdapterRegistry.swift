import Adapters
import ModelFiles
import Models
import SafeIO
import Synchronization

/// An adapter as it was when it was loaded.
///
/// A request that holds a handle is answered with what it stands for, even if another adapter has its name
/// meanwhile, or none.
public struct AdapterHandle: Sendable, Equatable {
  /// The name that it was loaded under.
  public let name: String
  /// SHA-256 over its files.
  public var sha256: String { snapshot.sha256 }
  /// Memory of its factors.
  public var bytes: Int { snapshot.bytes }
  /// Modules that it adapts.
  public var moduleCount: Int { snapshot.moduleCount }
  /// Whether its `graft.json` says that it was trained on this base; without one nobody knows.
  public let isBaseVerified: Bool
  let snapshot: ServingAdapter

  /// Handles are equal when they stand for the same loaded adapter.
  public static func == (a: AdapterHandle, b: AdapterHandle) -> Bool {
    a.name == b.name && a.snapshot === b.snapshot
  }
}

/// The adapters of one engine, by their names.
public final class AdapterRegistry: Sendable {
  private let model: ServingModel
  private let base: ModelFingerprint
  private let adapters = Mutex<[String: AdapterHandle]>([:])

  init(model: ServingModel, base: ModelFingerprint) { (self.model, self.base) = (model, base) }

  /// The adapter with this name.
  public subscript(name: String) -> AdapterHandle? { adapters.withLock { $0[name] } }

  /// All adapters, by name.
  public var list: [AdapterHandle] {
    adapters.withLock { Array($0.values) }.sorted { $0.name < $1.name }
  }

  /// Loads an adapter under a name that is free.
  ///
  /// - Parameters:
  ///   - name: Letters, digits, `.`, `_` and `-`, at most 64, the first a letter or digit.
  ///   - path: A PEFT directory.
  ///   - verifiesBase: Whether an adapter whose `graft.json` names another base is refused.
  /// - Returns: What it stands for from now on.
  /// - Throws: `InferenceError.adapterExists`; `AdapterError.otherBase`; what reading the files throws.
  @discardableResult
  public func load(name: String, path: String, verifiesBase: Bool = true) throws -> AdapterHandle {
    try Self.check(name)
    if self[name] != nil { throw InferenceError.adapterExists(name) }
    let handle = try read(name, path, verifiesBase)
    try adapters.withLock { adapters in
      guard adapters[name] == nil else { throw InferenceError.adapterExists(name) }
      adapters[name] = handle
    }
    return handle
  }

  /// Loads an adapter under a name, whether it is taken or not; requests in flight keep what they have.
  ///
  /// - Parameters:
  ///   - name: As for `load`.
  ///   - path: A PEFT directory.
  ///   - verifiesBase: Whether an adapter whose `graft.json` names another base is refused.
  /// - Returns: What it stands for from now on.
  /// - Throws: What `load` throws, save that the name may be taken; then nothing has changed.
  @discardableResult
  public func replace(name: String, path: String, verifiesBase: Bool = true) throws
    -> AdapterHandle
  {
    try Self.check(name)
    let handle = try read(name, path, verifiesBase)
    adapters.withLock { $0[name] = handle }
    return handle
  }

  /// Frees a name; requests in flight keep what they have.
  ///
  /// - Parameter name: The adapter's name.
  /// - Returns: What had the name, or nil.
  @discardableResult
  public func unload(name: String) -> AdapterHandle? {
    adapters.withLock { $0.removeValue(forKey: name) }
  }

  /// Reads without holding the lock: others go on meanwhile.
  private func read(_ name: String, _ path: String, _ verifiesBase: Bool) throws -> AdapterHandle {
    let snapshot = try model.adapter(path: path)
    let verified =
      try verifiesBase && LoRAAdapter.verifyBase(ofAdapter: path, is: base)
    return AdapterHandle(name: name, isBaseVerified: verified, snapshot: snapshot)
  }

  private static func check(_ name: String) throws {
    let others = Set("._-".utf8)
    let isPlain = { (byte: UInt8) in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 64, isPlain(first),
      bytes.allSatisfy({ isPlain($0) || others.contains($0) })
    else {
      throw InferenceError.option(
        name: "adapter name", rule: "1 to 64 letters, digits, '.', '_' or '-'",
        value: "'\(name.escapedForMessage(limit: 64))'")
    }
  }
}
