import NIOCore
import NIOPosix

/// Stands in a server's place until somebody has tried to connect.
enum Knock {
  /// Listens on a port, hangs up on whoever comes, and returns when two have come and the port is free again.
  ///
  /// - Returns: How many came.
  static func wait(port: Int) async throws -> Int {
    let count = Watched(0)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { child in
        count.update { $0 += 1 }
        return child.close()
      }
      .bind(host: "127.0.0.1", port: port).get()
    await count.wait { $0 >= 2 }
    try await channel.close()
    return count.value
  }
}
