#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// How a node is called in the records it writes.
public enum WorkerName {
  /// The host's name and the process's id, such as `api-3/4711`.
  public static let current: String = {
    var name = [CChar](repeating: 0, count: 256)
    let known = gethostname(&name, name.count - 1) == 0
    let host = known ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "host"
    return "\(host)/\(getpid())"
  }()
}
