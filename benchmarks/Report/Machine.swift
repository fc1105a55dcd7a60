import Foundation

/// Where figures were measured: they mean little without it.
struct Machine: Codable {
  let processor: String
  let cores: Int
  let memoryGiB: Double
  let system: String

  static var current: Machine {
    let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    let information = ProcessInfo.processInfo
    return Machine(
      processor: processor ?? "unknown processor", cores: information.activeProcessorCount,
      memoryGiB: (Double(information.physicalMemory) / Double(1 << 30) * 10).rounded() / 10,
      system: information.operatingSystemVersionString)
  }

  /// Memory that nobody needs just now, in bytes; all of it where the system does not say.
  static var availableBytes: Int {
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8))?.split(separator: "\n")
    let line = lines?.first { $0.hasPrefix("MemAvailable:") }
    guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      return Int(clamping: ProcessInfo.processInfo.physicalMemory)
    }
    return kibibytes * 1_024
  }
}
