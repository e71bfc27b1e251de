import Foundation

/// `strftime` in the C locale and the local time zone.
enum StrftimeFormat {
  static func string(_ date: Date, _ format: String) -> String {
    let calendar = Calendar(identifier: .gregorian)
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear], from: date)
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ]
    let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    let month = months[min(max((parts.month ?? 1) - 1, 0), 11)]
    let day = days[min(max((parts.weekday ?? 1) - 1, 0), 6)]
    let hour = parts.hour ?? 0
    func padded(_ number: Int?, _ width: Int = 2) -> String {
      let digits = String(number ?? 0)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    var result = ""
    var characters = format.makeIterator()
    while let character = characters.next() {
      guard character == "%", let code = characters.next() else {
        result.append(character)
        continue
      }
      switch code {
      case "Y": result += padded(parts.year, 4)
      case "y": result += padded((parts.year ?? 0) % 100)
      case "m": result += padded(parts.month)
      case "d": result += padded(parts.day)
      case "e":
        result += String(repeating: " ", count: (parts.day ?? 1) < 10 ? 1 : 0) + "\(parts.day ?? 1)"
      case "B": result += month
      case "b", "h": result += month.prefix(3)
      case "A": result += day
      case "a": result += day.prefix(3)
      case "H": result += padded(hour)
      case "I": result += padded((hour + 11) % 12 + 1)
      case "M": result += padded(parts.minute)
      case "S": result += padded(parts.second)
      case "p": result += hour < 12 ? "AM" : "PM"
      case "j": result += padded(parts.dayOfYear, 3)
      case "F": result += "\(padded(parts.year, 4))-\(padded(parts.month))-\(padded(parts.day))"
      case "T": result += "\(padded(hour)):\(padded(parts.minute)):\(padded(parts.second))"
      case "%": result += "%"
      default: result += "%\(code)"
      }
    }
    return result
  }
}
