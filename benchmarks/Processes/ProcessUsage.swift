import Foundation

/// What a process has used, as Linux counts it in `/proc`.
///
/// Figures are 0 where there is no `/proc`: on macOS rates and latencies are measured, other processes' CPU and memory
/// are not.
enum ProcessUsage {
  /// User and system time of this process's threads, in microseconds.
  static var cpuMicroseconds: Double {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }

  /// Resident memory of this process, in bytes.
  static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(getpagesize())
  }

  /// The most resident memory that a process ever had, in bytes.
  static func peakResidentBytes(of processID: Int32) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return 0 }
    return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
  }

  /// User and system time of processes and of their children that run, in microseconds; the kernel counts steps of
  /// 10 ms.
  static func cpuMicroseconds(of processIDs: [Int32]) -> Double {
    let ticks = family(of: processIDs).reduce(0.0) { sum, process in
      // State is the third field of the file; user and system time are the 14th and 15th.
      guard let fields = statistics(of: process), fields.count > 12 else { return sum }
      return sum + (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
    }
    return ticks * 1e6 / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func family(of processIDs: [Int32]) -> Set<Int32> {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
    let parents = all.compactMap { process in statistics(of: process).map { (process, Int32($0[1]) ?? 0) } }
    var family = Set(processIDs)
    var count = 0
    while count < family.count {
      count = family.count
      for (process, parent) in parents where family.contains(parent) { family.insert(process) }
    }
    return family
  }

  /// The fields of `/proc/PID/stat` from the state on, which follows the name in parentheses, whatever that holds.
  private static func statistics(of process: Int32) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? fields : nil
  }
}
