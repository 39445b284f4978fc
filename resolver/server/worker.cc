// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/worker.h"

#include "resolver/server/proxied_port.h"
#include "resolver/server/udp_port.h"

namespace cenote::server {
namespace {

constexpr milliseconds kReportEvery{500};
constexpr milliseconds kDrainCheckEvery{5};
constexpr milliseconds kDrainMax{2000};
constexpr milliseconds kUnpacedMax{500};  // replies to queries that waited longer are paced
constexpr milliseconds kPaceEvery{2};

}  // namespace

Worker::Worker(const Options& options, std::vector<ListenSocket> sockets, Published<engine::Snapshot>& snapshots,
               cache::Cache& cache, telemetry::Recorder& recorder, Pace& pace, transfer::XfrQueue* xfr_queue,
               Published<loop::TlsServer>& tls, const FastPaths& own)
    : options_(options),
      sockets_(std::move(sockets)),
      recorder_(recorder),
      pace_(pace),
      xfr_queue_(xfr_queue),
      engine_(snapshots, cache, recorder, *this,
              {.queries_max = options.pending_max,
               .per_client_max = options.pending_per_client_max,
               .shared_max = upstream::Options{}.exchanges_max,
               .client = options.client},
              [this, &own](upstream::AnswerSink& sink, const upstream::Options& upstream) {
                  return upstream::make_forwarder(loop_, sink, upstream, own.lanes.empty() ? nullptr : own.lanes[0]);
              }),
      proxies_(options_.proxies),
      streams_(loop_, sockets_, options_, engine_, recorder, xfr_queue, *this, tls, proxies_),
      relay_(loop_, engine_, recorder, proxies_),
      turn_end_(loop_,
                [this] {
                    for (const UdpService& udp : udp_) udp.listener->flush();
                }),
      wakeup_(loop_, [this] { on_wakeup(); }),
      second_(loop_, [this] { on_second(); }),
      pacing_(loop_, [this] { release_held(); }),
      drained_(loop_, [this] {
          if ((engine_.pending() == 0 && held_.empty()) || loop_.now() >= drain_until_) loop_.stop();
      }) {
    if (proxies_.any()) paths_.emplace();
    for (const ListenSocket& socket : sockets_)
        if (socket.endpoint.protocol == Protocol::Udp) add_udp(socket);
    for (xdp::Queue* const queue : own.queues) add_queue(*queue);
    engine_.set_wall_time(wall_now());
    second_.start(milliseconds{0}, kReportEvery);
}

Worker::~Worker() = default;

void Worker::add_udp(const ListenSocket& socket) {
    const UdpPort::Options options{.batch = options_.batch,
                                   .listener = static_cast<std::uint32_t>(udp_.size()),
                                   .any_address = socket.endpoint.address.ip.is_unspecified()};
    std::unique_ptr<DatagramPort> port = std::make_unique<UdpPort>(socket.fd.get(), options);
    if (paths_) port = std::make_unique<ProxiedPort>(std::move(port), proxies_, *paths_, recorder_);
    udp_.push_back({socket, std::make_unique<UdpListener>(loop_, std::move(port), engine_, recorder_)});
}

/// Its datagrams have the numbers of the UDP listeners, whose sockets send what is late.
void Worker::add_queue(xdp::Queue& queue) {
    std::vector<XdpPort::Listener> listeners;
    for (const UdpService& udp : udp_) listeners.push_back({udp.socket.endpoint.address, udp.socket.fd.get()});
    auto made = std::make_unique<XdpPort>(queue, std::move(listeners), options_.batch);
    XdpPort& own = *made;
    std::unique_ptr<DatagramPort> port = std::move(made);
    if (paths_) port = std::make_unique<ProxiedPort>(std::move(port), proxies_, *paths_, recorder_);
    queues_.push_back(std::make_unique<XdpListener>(loop_, std::move(port), own, engine_, recorder_));
}

void Worker::run() {
    loop_.run();
    streams_.close_all();  // here, because the transfer service that may send over them still exists
    ended_.store(true, std::memory_order_release);
}

void Worker::drain() noexcept {
    draining_.store(true, std::memory_order_relaxed);
    wakeup_.notify();
}

void Worker::open_relay(UniqueFd socket) {
    {
        const MutexLock lock(relay_mutex_);
        relay_socket_ = std::move(socket);
    }
    wakeup_.notify();
}

void Worker::take_relay() {
    std::optional<UniqueFd> socket;
    {
        if (!relay_mutex_.try_lock()) return wakeup_.notify();
        const MutexLock lock(relay_mutex_, std::adopt_lock);
        socket = std::exchange(relay_socket_, std::nullopt);
    }
    if (socket && drain_until_ == Ticks{}) relay_.open(*std::move(socket));
}

void Worker::stop() noexcept {
    stopping_.store(true, std::memory_order_relaxed);
    wakeup_.notify();
}

/// Called after a snapshot was published, so that an idle worker does not keep the old one; after the transfer service
/// put a part; and after open_relay(), drain() and stop().
void Worker::on_wakeup() {
    send_parts();
    take_relay();
    recorder_.refresh();
    engine_.begin_batch();
    if (stopping_.load(std::memory_order_relaxed)) return loop_.stop();
    if (!draining_.load(std::memory_order_relaxed) || drain_until_ != Ticks{}) return;
    for (const UdpService& udp : udp_) udp.listener->stop();
    for (const auto& queue : queues_) queue->drain();
    streams_.stop();
    relay_.stop();
    drain_until_ = loop_.now() + kDrainMax;
    drained_.start(milliseconds{0}, kDrainCheckEvery);
}

void Worker::on_second() {
    engine_.begin_batch();
    engine_.set_wall_time(wall_now());
    WorkerReport report;
    report.upstreams = engine_.forwarder().health();
    report.counters = engine_.forwarder().counters();
    report.pending = engine_.pending();
    report.tcp_open = streams_.open();
    const MutexLock lock(mutex_);
    report.turns = report_.turns + 1;
    report_ = std::move(report);
}

WorkerReport Worker::report() const {
    const MutexLock lock(mutex_);
    return report_;
}

engine::HandOver Worker::hand_over(const engine::Client& client, ByteView packet) noexcept {
    // A zone is many messages; a request over HTTPS has one response, and a stream of QUIC here one reply.
    if (xfr_queue_ == nullptr || client.transport == telemetry::QueryTransport::Https ||
        client.transport == telemetry::QueryTransport::Quic)
        return engine::HandOver::NotServed;
    transfer::QueryOrigin origin{.peer = client.peer, .local = client.local, .interface = client.interface};
    if (client.transport == telemetry::QueryTransport::Udp) {
        const ListenSocket& socket = udp_[client.listener].socket;
        origin.reply_to = client.peer;
        if (client.stream != 0) {
            const ProxyPath path = paths_->at(client.stream);
            origin.reply_to = path.proxy;
            origin.local = path.local;
        }
        origin.socket = socket.fd.get();
        origin.any_address = socket.endpoint.address.ip.is_unspecified();
        xfr_queue_->take(origin, packet);  // a query for which there is no room is dropped
        return engine::HandOver::Taken;
    }
    origin.outlet = this;
    origin.connection = client.connection;
    return xfr_queue_->take(origin, packet) ? engine::HandOver::Later : engine::HandOver::NoRoom;
}

void Worker::put_part(transfer::Part part) noexcept {
    {
        const MutexLock lock(parts_mutex_);
        parts_.push_back(std::move(part));
    }
    wakeup_.notify();
}

void Worker::send_parts() noexcept {
    {
        if (!parts_mutex_.try_lock()) return wakeup_.notify();
        const MutexLock lock(parts_mutex_, std::adopt_lock);
        parts_.swap(sending_);
    }
    for (const transfer::Part& part : sending_) streams_.send_part(part);
    sending_.clear();
}

void Worker::send(const engine::Client& client, ByteView reply, Ticks since) noexcept {
    if (client.transport == telemetry::QueryTransport::Quic) return relay_.send(client, reply);
    if (client.transport != telemetry::QueryTransport::Udp) return streams_.send(client, reply);
    const Ticks now = loop_.now();
    if (now - since <= kUnpacedMax || pace_.take(client.peer.ip, reply.size(), now))
        return udp_[client.listener].listener->send(client, reply);
    const bool first = held_.empty();
    recorder_.count(held_.add(client, reply) ? telemetry::Counter::Paced : telemetry::Counter::PacedOverflow);
    if (first) pacing_.start(kPaceEvery, kPaceEvery);
}

void Worker::release_held() {
    held_.release(pace_, loop_.now(), [this](const engine::Client& client, ByteView reply) noexcept {
        udp_[client.listener].listener->send(client, reply);
    });
    if (held_.empty()) pacing_.stop();
}

}  // namespace cenote::server
