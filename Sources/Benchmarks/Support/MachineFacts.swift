import COpenBLAS
import Foundation
import SafeIO
import TensorCore

/// What the figures were measured on and with.
enum MachineFacts {
  static var json: JSONObject {
    var facts = JSONObject()
    facts["date"] = JSON(ISO8601DateFormatter().string(from: Date()))
    facts["processor"] = JSON(processor)
    facts["cores"] = JSON(ProcessInfo.processInfo.activeProcessorCount)
    facts["memory_bytes"] = JSON(Int(clamping: ProcessInfo.processInfo.physicalMemory))
    facts["system"] = JSON(ProcessInfo.processInfo.operatingSystemVersionString)
    facts["threads"] = JSON(ThreadPool.shared.threadCount)
    facts["kernels"] = JSON(KernelSelection.name)
    facts["bf16"] = JSON(FrozenMatrix.isSupported ? "processor" : "emulated")
    facts["blas"] = JSON(blas)
    facts["blas_core"] = JSON(blasCoreName)
    facts["load_before"] = JSON(loadBefore)
    facts["command"] = JSON(CommandLine.arguments.joined(separator: " "))
    if let commit { facts["commit"] = JSON(commit) }
    return facts
  }

  /// The same in a sentence, for a table.
  static var sentence: String {
    let facts = json
    func text(_ key: String) -> String { facts[key]?.string ?? "" }
    return "\(text("processor")), \(facts["cores"]?.int ?? 0) cores, "
      + "\(ThreadPool.shared.threadCount) threads, kernels \(text("kernels")), "
      + "\(text("blas")) (\(text("blas_core"))), \(text("date"))"
      + (commit.map { ", commit \($0.prefix(12))" } ?? "")
  }

  /// Processes that wanted a core in the minute before; above 0.5 on a quiet machine is somebody else.
  private static let loadBefore: Double = {
    var load = [0.0]
    return getloadavg(&load, 1) == 1 ? load[0] : .nan
  }()

  /// Looks at the load before anything is measured.
  static func start() { _ = loadBefore }

  private static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    func field(_ name: String) -> String? {
      text.split(separator: "\n").first { $0.hasPrefix(name) }?
        .split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    }
    let family = [("family", "cpu family"), ("model", "model\t")].compactMap { label, name in
      field(name).map { "\(label) \($0)" }
    }
    return "\(field("model name") ?? "unknown") (\(family.joined(separator: ", ")))"
  }

  /// The library's name and version.
  private static var blas: String {
    String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(separator: " ")
  }

  private static let commit: String? = {
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = ["git", "rev-parse", "HEAD"]
    let pipe = Pipe()
    git.standardOutput = pipe
    git.standardError = FileHandle.nullDevice
    guard (try? git.run()) != nil else { return nil }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    git.waitUntilExit()
    return git.terminationStatus == 0 ? text.trimmingCharacters(in: .newlines) : nil
  }()
}
