import SafeIO

extension ModelFileError.Problem {
  var code: String {
    switch self {
    case .ggufMagic: "GGUF.MAGIC"
    case .ggufVersion, .ggufBigEndian: "GGUF.VERSION"
    case .ggufCount: "GGUF.COUNT"
    case .ggufEnd, .ggufTruncated: "GGUF.TRUNCATED"
    case .ggufString: "GGUF.STRING"
    case .ggufKey: "GGUF.KEY"
    case .ggufDuplicate: "GGUF.DUPLICATE"
    case .ggufNesting: "GGUF.NESTING"
    case .ggufArray: "GGUF.ARRAY"
    case .ggufAlignment: "GGUF.ALIGNMENT"
    case .ggufShape: "GGUF.SHAPE"
    case .ggufSize: "GGUF.SIZE"
    case .ggufType: "GGUF.TYPE"
    case .ggufOffset: "GGUF.OFFSET"
    case .ggufTrailing: "GGUF.TRAILING"
    case .ggufUnknownTensors: "GGUF.UNEXPECTED"
    case .metadataMissing, .metadataType: "GGUF.METATYPE"
    case .metadataUnknown: "GGUF.UNKNOWN"
    case .architecture: "GGUF.ARCHITECTURE"
    case .hyperparameter: "GGUF.HPARAM"
    case .headerLength: "ST.HEADERLEN"
    case .header(let error): error.code == "JSON.DUPLICATE" ? "ST.DUPLICATE" : "ST.HEADER"
    case .headerForm: "ST.HEADER"
    case .duplicateTensor: "ST.DUPLICATE"
    case .tensorOffsets: "ST.OFFSET"
    case .coverage: "ST.COVERAGE"
    case .tensorShape, .tensorBytes: "ST.SHAPE"
    case .tensorType: "ST.DTYPE"
    case .stMetadata: "ST.METADATA"
    case .stCount: "ST.COUNT"
    case .stName: "ST.NAME"
    case .shardIndex: "ST.INDEX"
    case .noWeights(let pickle): pickle == nil ? "ST.MISSING" : "ST.PICKLE"
    case .missingTensors(let family, _): "\(family).MISSING"
    case .unexpectedTensors(let family, _): "\(family).UNEXPECTED"
    case .shapeMismatch(let family, _): "\(family).SHAPE"
    case .notFinite(let family, _, _, _): "\(family).NONFINITE"
    case .unreadableType(let family, _, _): family == "ST" ? "ST.DTYPE" : "\(family).TYPE"
    case .rowRange, .destination: "MODEL.RANGE"
    case .configJSON: "CONFIG.JSON"
    case .configMissing: "CONFIG.MISSING"
    case .configType: "CONFIG.TYPE"
    case .configValue: "CONFIG.VALUE"
    case .configUnknown: "CONFIG.UNKNOWN"
    case .configUnsupported: "CONFIG.UNSUPPORTED"
    case .adapterJSON: "ADP.JSON"
    case .adapterField: "ADP.CONFIG"
    case .adapterPattern: "ADP.PATTERN"
    case .adapterUnsupported, .adapterUnbuilt: "ADP.UNSUPPORTED"
    case .adapterUnknown: "ADP.UNKNOWN"
    case .adapterPickle: "ADP.PICKLE"
    case .adapterMissing: "ADP.MISSING"
    case .adapterUnexpected: "ADP.UNEXPECTED"
    case .adapterNoMatch: "ADP.NOMATCH"
    case .adapterShape: "ADP.SHAPE"
    }
  }

  var hint: String? {
    switch self {
    case .ggufMagic: "This is no GGUF file; give a .gguf file or a Hugging Face directory."
    case .ggufVersion, .ggufBigEndian: "Convert the model again with a current converter."
    case .ggufEnd, .ggufTruncated, .coverage: "The file is incomplete; fetch it again."
    case .ggufNesting, .ggufArray, .ggufString, .ggufKey, .ggufCount, .ggufSize, .ggufOffset,
      .ggufTrailing, .ggufShape, .ggufDuplicate, .ggufAlignment, .tensorOffsets, .tensorShape,
      .tensorBytes, .duplicateTensor, .headerLength, .header, .headerForm:
      "The file is damaged or was made to mislead; fetch it again from its source."
    case .ggufType, .unreadableType, .tensorType:
      "Types that are read: \(StoredType.readableNames)."
    case .architecture: "Architectures that are run: llama, qwen2, qwen3."
    case .noWeights(let pickle):
      pickle == nil
        ? "Give a directory with model.safetensors, or with model.safetensors.index.json."
        : "Convert it to safetensors: pickle files run code when they are opened."
    case .missingTensors, .shapeMismatch, .unexpectedTensors, .ggufUnknownTensors:
      "Check that the weights and the configuration belong to the same model."
    case .notFinite: "The weights are damaged; fetch or convert the model again."
    case .configUnknown(_, let nearest?), .metadataUnknown(_, let nearest?):
      "Did you mean '\(nearest)'?"
    case .configUnknown:
      "What is not known could change what the model computes; remove what changes nothing."
    case .metadataUnknown:
      "What is not known could change what the model computes."
    case .configUnsupported(_, _, _):
      "This model would compute something else than it was trained to."
    case .adapterPickle: "Convert it to safetensors: pickle files run code when they are opened."
    case .adapterJSON, .adapterField: "Correct the file, or save the adapter again with PEFT."
    case .adapterUnsupported, .adapterUnbuilt:
      "LoRA, rsLoRA and DoRA adapters of causal language models are read."
    case .adapterPattern:
      "List the module names, for example [\"q_proj\", \"v_proj\"], or write one regular expression."
    case .adapterUnknown(_, let nearest?): "Did you mean '\(nearest)'?"
    case .adapterUnknown:
      "What is not known could change what the adapter computes; remove what changes nothing."
    case .adapterMissing, .adapterUnexpected, .adapterNoMatch, .adapterShape:
      "Check that the adapter was trained for this base model."
    default: nil
    }
  }
}
