/// How the elements of a tensor are stored in a file, by the name that the field gives it.
package enum StoredType: String, Sendable, CaseIterable, CustomStringConvertible {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case f64 = "F64"
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case u16 = "U16"
  case i16 = "I16"
  case u32 = "U32"
  case i32 = "I32"
  case u64 = "U64"
  case i64 = "I64"
  case f8_e4m3 = "F8_E4M3"
  case f8_e5m2 = "F8_E5M2"
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case q8_0 = "Q8_0"
  case q8_1 = "Q8_1"
  case q2_K = "Q2_K"
  case q3_K = "Q3_K"
  case q4_K = "Q4_K"
  case q5_K = "Q5_K"
  case q6_K = "Q6_K"
  case q8_K = "Q8_K"
  case iq2_xxs = "IQ2_XXS"
  case iq2_xs = "IQ2_XS"
  case iq3_xxs = "IQ3_XXS"
  case iq1_s = "IQ1_S"
  case iq4_nl = "IQ4_NL"
  case iq3_s = "IQ3_S"
  case iq2_s = "IQ2_S"
  case iq4_xs = "IQ4_XS"
  case iq1_m = "IQ1_M"
  case tq1_0 = "TQ1_0"
  case tq2_0 = "TQ2_0"
  case mxfp4 = "MXFP4"
  case nvfp4 = "NVFP4"
  case q1_0 = "Q1_0"

  package var description: String { rawValue }

  /// Elements that are stored together; a row has a whole number of blocks.
  package var blockElements: Int { layout.elements }

  package var blockBytes: Int { layout.bytes }

  /// Whether `Dequantize` can turn it into numbers.
  package var isReadable: Bool {
    switch self {
    case .f32, .f16, .bf16, .f64, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K,
      .q6_K, .iq4_nl:
      true
    default: false
    }
  }

  package static let readableNames = allCases.filter(\.isReadable).map(\.rawValue)
    .joined(separator: ", ")

  private var layout: (elements: Int, bytes: Int) {
    switch self {
    case .bool, .u8, .i8, .f8_e4m3, .f8_e5m2: (1, 1)
    case .f16, .bf16, .u16, .i16: (1, 2)
    case .f32, .u32, .i32: (1, 4)
    case .f64, .u64, .i64: (1, 8)
    case .q4_0, .iq4_nl: (32, 18)
    case .q4_1: (32, 20)
    case .q5_0: (32, 22)
    case .q5_1: (32, 24)
    case .q8_0: (32, 34)
    case .q8_1: (32, 40)
    case .mxfp4: (32, 17)
    case .nvfp4: (64, 36)
    case .q1_0: (128, 18)
    case .q2_K: (256, 84)
    case .q3_K, .iq3_s: (256, 110)
    case .q4_K: (256, 144)
    case .q5_K: (256, 176)
    case .q6_K: (256, 210)
    case .q8_K: (256, 292)
    case .iq2_xxs, .tq2_0: (256, 66)
    case .iq2_xs: (256, 74)
    case .iq3_xxs: (256, 98)
    case .iq1_s: (256, 50)
    case .iq2_s: (256, 82)
    case .iq4_xs: (256, 136)
    case .iq1_m: (256, 56)
    case .tq1_0: (256, 54)
    }
  }
}
