internal import NIOConcurrencyHelpers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// TCP ports of 127.0.0.1 for servers that tests start.
package enum FreePort {
  /// Below the range from which Linux (32768…) and macOS (49152…) take the ports of outgoing connections: a server that
  /// is down for a moment finds its port still free.
  private static let range = 20_000..<32_000

  /// The ports that this process has given out: a server that a test keeps down for a while must find its port free.
  private static let given = NIOLockedValueBox<Set<Int>>([])

  /// A port that was free a moment ago.
  ///
  /// Another process may take it first: whoever uses it must be ready to try again.
  package static func find() -> Int {
    while true {
      let port = Int.random(in: range)
      // A process that has given out half of them begins again.
      let isNew = given.withLockedValue { given in
        if given.count > range.count / 2 { given.removeAll() }
        return given.insert(port).inserted
      }
      if isNew, isFree(port) { return port }
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Connections of an earlier server in TIME_WAIT do not make a port taken; redis-server sets this too.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
