import HiredisNIO
import IdempotencyTesting
import NIOCore
import Testing

@Suite(
  "A deadline tells the caller whether the command may have had its effect", .timeLimit(.minutes(1))
)
struct DeadlineTests {
  @Test func aServerThatStopsAnsweringLeavesTheOutcomeUnknownAndIsHungUpOn() async throws {
    try await withServer { server in
      let lost = Recorder<RedisDisconnect>()
      try await withClient(server.configuration, onDisconnect: { lost.record($0) }) { client in
        try await client.send("PING")
        server.suspend()
        let results = Recorder<Result<RESPValue, RedisError>>()
        let connection = client.anyConnection()
        try await connection.eventLoop.submit {
          // The second one has all the time in the world, but its connection has not.
          for timeout in [TimeAmount.milliseconds(100), .seconds(50)] {
            connection.send(timeout: timeout) { writer in
              writer.begin("INCR", argumentCount: 1)
              writer.bulk("n")
            } then: {
              results.record($0)
            }
          }
        }.get()
        let impatient = await results.next()?.error
        #expect(impatient?.outcome == .unknown)
        #expect(impatient?.code == .timeout)
        let patient = await results.next()?.error
        #expect(patient?.outcome == .unknown)
        #expect(patient?.code == .connectionClosed)
        #expect(await lost.next()?.error.message == "the server stopped answering")
        server.resume()
        #expect(try await client.sendWhenConnected("ECHO", "back").string == "back")
      }
    }
  }

  @Test func whatWaitsForAConnectionIsNeverSent() async throws {
    try await withServer { server in
      server.suspend()
      try await withClient(server.configuration) { client async throws in
        // The kernel accepts the connection; nobody answers the greeting.
        let error = await client.sendOnLoop(timeout: .milliseconds(50), "INCR", "a").error
        #expect(error?.outcome == .neverSent)
        #expect(error?.code == .timeout)
        async let later = client.sendOnLoop(timeout: .seconds(20), "EXISTS", "a")
        server.resume()
        #expect(try await later.get() == .integer(0))
      }
    }
  }

  @Test func aConnectionThatAnswersOthersIsKeptAndTheLateReplyDropped() async throws {
    try await withServer { server in
      let proxy = try await FaultProxy.start(port: server.port)
      var configuration = server.configuration
      configuration.address = .tcp(host: proxy.host, port: proxy.port)
      let lost = Recorder<RedisDisconnect>()
      try await withClient(configuration, onDisconnect: { lost.record($0) }) { client in
        try await client.send("PING")
        // The first reply comes in two parts, so something is read after the second command was sent.
        let seen = await proxy.bytesSeen(.serverToClient)
        await proxy.stall(.serverToClient)
        async let first = client.sendOnLoop(timeout: .seconds(50), "ECHO", "first")
        await proxy.bytesSeen(.serverToClient, atLeast: seen + 11)
        async let second = client.sendOnLoop(timeout: .seconds(2), "ECHO", "second")
        await proxy.bytesSeen(.serverToClient, atLeast: seen + 11 + 12)
        await proxy.passNextChunk(.serverToClient)
        #expect(try await first.get().string == "first")
        #expect(await second.error?.outcome == .unknown)
        async let third = client.sendOnLoop(timeout: .seconds(50), "ECHO", "third")
        await proxy.resume(.serverToClient)
        #expect(try await third.get().string == "third")
        #expect(try await client.sendOnLoop("CLIENT", "ID").get().integer != nil)
      }
      // Closed by the client's shutdown and by nothing before that.
      #expect(await lost.next()?.error.code == .shutDown)
      await proxy.stop()
    }
  }

  @Test("a full queue refuses at once", arguments: [true, false])
  func bounds(byCount: Bool) async throws {
    try await withServer { server in
      server.suspend()
      var configuration = server.configuration
      configuration.connectTimeout = .seconds(20)
      if byCount {
        configuration.maximumCommandsInFlight = 3
      } else {
        configuration.maximumQueuedBytes = 60
      }
      try await withClient(configuration) { client async throws in
        let results = Recorder<Result<RESPValue, RedisError>>()
        let connection = client.anyConnection()
        try await connection.eventLoop.submit {
          for number in 0..<4 {
            connection.send(timeout: .seconds(50)) { writer in
              writer.begin("ECHO", argumentCount: 1)
              writer.bulk("number \(number)")
            } then: { result in
              results.record(result)
            }
          }
        }.get()
        // Three wait, and nobody answers; the fourth hears at once that there is no room.
        let refused = await results.next()?.error
        #expect(refused?.code == .queueFull)
        #expect(refused?.outcome == .neverSent)
        server.resume()
        for number in 0..<3 {
          #expect(try await results.next()?.get().string == "number \(number)")
        }
      }
    }
  }

  @Test func cancellingACallerAbandonsItsOwnReplyOnly() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client in
        try await client.send("PING")
        let started = Recorder<Void>()
        let tasks = (0..<30).map { number in
          Task {
            started.record(())
            return try await client.send(timeout: .seconds(20)) { writer in
              // A script that takes a moment, so that replies are still to come when tasks are cancelled.
              writer.begin("EVAL", argumentCount: 3)
              writer.bulk("local x = 0 for i = 1, 100000 do x = x + i end return ARGV[1]")
              writer.bulk(0)
              writer.bulk(number)
            }
          }
        }
        for _ in tasks { await started.next() }
        for (number, task) in tasks.enumerated() where number % 3 == 0 { task.cancel() }
        for (number, task) in tasks.enumerated() {
          do {
            #expect(try await task.value.string == "\(number)")
          } catch let error as RedisError {
            #expect(number % 3 == 0)
            #expect(error.code == .cancelled)
            #expect(error.outcome != .refused)
          }
        }
        #expect(try await client.send("ECHO", "fine").string == "fine")
      }
    }
  }

  @Test func aTaskCancelledBeforeItSendsHasNotSent() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client async throws in
        let task = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return try await client.send("INCR", "n")
        }
        let error = await #expect(throws: RedisError.self) { try await task.value }
        #expect(error?.outcome == .neverSent)
        #expect(try await client.send("EXISTS", "n") == .integer(0))
      }
    }
  }
}
