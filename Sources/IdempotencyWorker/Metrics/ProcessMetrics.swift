import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What Linux says of this process, by the names that all Prometheus clients use; nothing where there is no /proc.
///
/// By hand: the package for it, swift-system-metrics, is no dependency here, and these are four numbers.
enum ProcessMetrics {
  /// Adds them to a registry.
  static func register(in registry: PrometheusRegistry) {
    // Ticks and pages as the kernel counts them.
    let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
    let page = Double(sysconf(CInt(_SC_PAGESIZE)))
    // Constant: read once.
    let start = startTime(ticks: ticks)
    registry.observe("process_start_time_seconds", help: "When the process started, in Unix time.") { start }
    registry.observe("process_resident_memory_bytes", help: "Memory that is in use and not swapped out.") {
      stat()?[.residentPages].map { $0 * page }
    }
    registry.observe("process_cpu_seconds_total", .counter, help: "User and system CPU time spent.") {
      guard let stat = stat(), let user = stat[.userTicks], let system = stat[.systemTicks] else { return nil }
      return (user + system) / ticks
    }
    registry.observe("process_open_fds", help: "Open file descriptors.") {
      // The one that reads the folder is in it.
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count - 1) }
    }
  }

  /// Fields of /proc/self/stat by their place after the command's closing parenthesis (proc(5) numbers them from 3).
  private enum Field: Int {
    case userTicks = 11
    case systemTicks = 12
    case startTicks = 19
    case residentPages = 21
  }

  private struct Stat {
    let fields: [Substring]

    subscript(field: Field) -> Double? {
      fields.indices.contains(field.rawValue) ? Double(fields[field.rawValue]) : nil
    }
  }

  private static func stat() -> Stat? {
    // The command may hold blanks and parentheses of its own; nothing after it does.
    guard let text = contents("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
    return Stat(fields: text[text.index(after: end)...].split { $0 == " " || $0 == "\n" })
  }

  private static func startTime(ticks: Double) -> Double? {
    guard let start = stat()?[.startTicks], let lines = contents("/proc/stat")?.split(separator: "\n"),
      let boot = lines.first(where: { $0.hasPrefix("btime ") }).flatMap({ Double($0.dropFirst("btime ".count)) })
    else { return nil }
    return boot + start / ticks
  }

  private static func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
