/// A key of another tool (transformers, TRL, PEFT, mlx-lm, axolotl, LLaMA-Factory), and what it means here.
///
/// A key that means nothing else than what holds anyway is taken with that value only: nothing is ignored.
package struct ConfigurationAlias: Sendable {
  /// What a value comes to.
  package enum Meaning: Sendable, Equatable {
    case value(String)
    /// The switch.
    case on
    /// What holds anyway.
    case nothing
  }

  /// The name, with dashes for underscores.
  package let name: String
  /// The key of ours; nil where every value that is taken holds anyway.
  package let key: String?
  /// What is expected, for the message that refuses a value.
  package let expected: String
  /// What a value means; nil refuses it.
  ///
  /// Without this, values are those of the key.
  package let translate: (@Sendable (String) -> Meaning?)?

  /// The alias of a name, if the key that it stands for is there.
  package static func named(_ name: String) -> ConfigurationAlias? { byName[name] }

  private static let byName = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// Every alias.
  package static let all: [ConfigurationAlias] =
    (same + translated).filter { $0.key.map { ConfigurationKey.named($0) != nil } ?? true }

  /// Names for keys that take the same values.
  private static let names: [(key: String, aliases: [String])] = [
    ("model", ["model-name-or-path", "base-model", "model-name"]),
    ("data", ["train-file", "train-data", "dataset", "dataset-path", "data-path"]),
    ("output", ["output-dir", "adapter-path", "run-dir"]),
    ("epochs", ["num-train-epochs", "num-epochs"]),
    ("batch-size", ["per-device-train-batch-size", "train-batch-size", "micro-batch-size"]),
    ("accumulate", ["gradient-accumulation-steps", "grad-accumulation-steps"]),
    ("learning-rate", ["lr"]),
    ("warmup", ["warmup-steps", "num-warmup-steps"]),
    ("max-length", ["max-seq-length", "max-seq-len", "cutoff-len", "sequence-len"]),
    ("lora-rank", ["r", "lora-r", "rank"]),
    ("lora-targets", ["target-modules", "lora-target-modules", "lora-target"]),
    ("save-every", ["save-steps", "steps-per-save"]),
    ("eval-every", ["eval-steps", "steps-per-eval"]),
    ("keep", ["save-total-limit"]),
    ("valid-split", ["val-set-size", "val-size", "validation-split"]),
    ("lora-layers", ["layers-to-tune"]),
    ("beta2", ["adam-beta2"]), ("beta", ["pref-beta", "dpo-beta"]), ("loss", ["rl"]),
    ("lora-plus-ratio", ["loraplus-lr-ratio"]),
    ("neftune-alpha", ["neftune-noise-alpha"]),
  ]

  private static let same = names.flatMap { key, aliases in
    aliases.map { ConfigurationAlias(name: $0, key: key, expected: "", translate: nil) }
  }

  private static let translated: [ConfigurationAlias] = [
    .init("max-steps", "steps", "a number of steps, or -1") {
      Double($0).map { $0 < 0 } == true ? .nothing : .value($0)
    },
    .init("iters", "steps", "a number of steps") { .value($0) },
    // mlx-lm's number of layers from the end, where -1 is all of them.
    .init("num-layers", "lora-layers", "a number of layers, or -1") {
      Double($0).map { $0 < 0 } == true ? .nothing : .value($0)
    },
    .init("max-grad-norm", "clip", "a norm, or 0 for none") {
      Double($0) == 0 || $0 == "null" ? .value("none") : .value($0)
    },
    .init("lr-scheduler-type", "schedule", schedules, schedule),
    .init("lr-scheduler", "schedule", schedules, schedule),
    .init("bf16", "precision", "true or false") { bool($0, true: .value("bf16")) },
    .init("gradient-checkpointing", "recompute", "true or false") { bool($0, true: .on) },
    .init("grad-checkpoint", "recompute", "true or false") { bool($0, true: .on) },
    .init("group-by-length", "batching", "true or false") {
      bool($0, true: .value("grouped"))
    },
    .init("fine-tune-type", "method", "lora or full") {
      ["lora", "full"].contains($0) ? .value($0) : nil
    },
    .init("finetuning-type", "method", "lora or full") {
      ["lora", "full"].contains($0) ? .value($0) : nil
    },
    .init("report-to", "no-tensorboard", "tensorboard or none") {
      $0 == "tensorboard" ? .nothing : $0 == "none" ? .on : nil
    },
    // What holds anyway.
    .init("completion-only-loss", nil, "true: prompts are never learnt") { only($0, "true") },
    .init("assistant-only-loss", nil, "true: prompts are never learnt") { only($0, "true") },
    .init("mask-prompt", nil, "true: prompts are never learnt") { only($0, "true") },
    .init("packing", nil, "true: rows of a batch are always packed, exactly") { only($0, "true") },
    .init("sample-packing", nil, "true: rows of a batch are always packed, exactly") {
      only($0, "true")
    },
    .init("train-on-inputs", nil, "false: prompts are never learnt") { only($0, "false") },
    .init("fp16", nil, "false: there is no fp16 arithmetic") { only($0, "false") },
    .init("load-in-4bit", nil, "false: bases are f32 or bf16 (precision)") { only($0, "false") },
    .init("load-in-8bit", nil, "false: bases are f32 or bf16 (precision)") { only($0, "false") },
    .init("bias", nil, "none: biases are not trained") { only($0, "none") },
    .init("optim", nil, "adamw: it is the optimizer of adapters") { isAdamW($0) ? .nothing : nil },
    .init("optimizer", nil, "adamw: it is the optimizer of adapters") {
      isAdamW($0) ? .nothing : nil
    },
    .init("train", nil, "true") { only($0, "true") },
    .init("task-type", nil, "CAUSAL_LM") { only($0, "CAUSAL_LM") },
    .init("peft-type", nil, "LORA") { only($0, "LORA") },
  ]

  private init(
    _ name: String, _ key: String?, _ expected: String,
    _ translate: @escaping @Sendable (String) -> Meaning?
  ) {
    self.init(name: name, key: key, expected: expected, translate: translate)
  }

  private init(
    name: String, key: String?, expected: String,
    translate: (@Sendable (String) -> Meaning?)?
  ) {
    (self.name, self.key, self.expected, self.translate) = (name, key, expected, translate)
  }

  private static let schedules =
    "constant, constant_with_warmup, linear, cosine, or warmup_stable_decay"

  @Sendable private static func schedule(_ name: String) -> Meaning? {
    switch name {
    case "constant", "linear", "cosine", "wsd": .value(name)
    case "constant_with_warmup": .value("constant")
    case "warmup_stable_decay": .value("wsd")
    default: nil
    }
  }

  @Sendable private static func bool(_ text: String, true meaning: Meaning) -> Meaning? {
    text == "true" ? meaning : text == "false" ? .nothing : nil
  }

  @Sendable private static func only(_ text: String, _ wanted: String) -> Meaning? {
    text == wanted ? .nothing : nil
  }

  @Sendable private static func isAdamW(_ name: String) -> Bool {
    ["adamw", "adamw_torch", "adamw_torch_fused", "adamw_hf"].contains(name)
  }
}
