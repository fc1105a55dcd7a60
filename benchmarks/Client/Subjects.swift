import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOPosix

/// Everything that is measured in one run, over one connection to one server.
struct Subjects {
  let client: ClientSubject
  let async: AsyncSubject
  let peer: RedisBenchmarkPeer
  private let redis: RedisClient
  private let group: MultiThreadedEventLoopGroup

  init(server: RedisServer) async throws {
    let commands = CycleCommands()
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var configuration = server.configuration
    configuration.commandTimeout = .seconds(30)  // Measured, not enforced: a slow machine must not end the run.
    redis = RedisClient(configuration: configuration, eventLoopGroup: group)
    redis.start()
    try await redis.waitUntilConnected()
    client = ClientSubject(client: redis, loop: group.any(), commands: commands)
    async = AsyncSubject(client: redis, commands: commands)
    peer = RedisBenchmarkPeer(server: server, commands: commands)
  }

  func shutDown() async throws {
    await redis.shutdown()
    try await group.shutdownGracefully()
  }
}
