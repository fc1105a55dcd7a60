import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOPosix
import Testing

@Suite("Any connection is one that is up, while there is one")
struct AnyConnectionTests {
  /// One event loop finds the server, every other a socket that nobody listens on.
  struct OneWay: RedisTopology {
    let lucky: any EventLoop
    let server: RedisConfiguration.Address

    func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Address> {
      eventLoop.makeSucceededFuture(eventLoop === lucky ? server : .unix(path: "/nobody/listens/here"))
    }

    func reconnects(after error: RedisServerError) -> Bool { false }
  }

  @Test func aLoopWithoutConnectionIsPassedOver() async throws {
    try await withServer { server in
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
      let lucky = group.next()
      let client = RedisClient(
        configuration: server.configuration, eventLoopGroup: group,
        topology: OneWay(lucky: lucky, server: server.configuration.address))
      client.start()
      // Every loop has made its first attempt when a command on its own connection was answered or refused.
      for eventLoop in group.makeIterator() {
        let connection = client.connection(on: eventLoop)
        let result: Result<RESPValue, RedisError> = await connection.onLoop { tell in
          connection.send({ $0.begin("PING", argumentCount: 0) }) { tell($0) }
        }
        #expect((eventLoop === lucky) == ((try? result.get()) != nil))
      }
      for _ in 0..<12 { #expect(try await client.send("PING").string == "PONG") }
      await client.shutdown()
      try await group.shutdownGracefully()
    }
  }
}
