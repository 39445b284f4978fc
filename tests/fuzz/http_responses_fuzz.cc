// SPDX-License-Identifier: Apache-2.0
//
// What a server of HTTP/2 may send to a client: whatever it is, and in whatever pieces it comes, streams and bodies
// stay within their limits, a request has one result at most, what is sent is whole frames, and nothing is taken once a
// session has ended.

#include <cstdint>
#include <set>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/http/client_session.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::http;

fuzz::Goal responded("a request has its response");
fuzz::Goal lost("a request is lost");

constexpr std::size_t kFrameHead = 9;
constexpr std::size_t kPreface = 24;
constexpr std::uint32_t kStreamsMax = 20;
constexpr std::uint32_t kBodyMax = 4000;
constexpr unsigned kRequestsMax = 200;

class Client : public ResponseSink {
public:
    virtual ~Client() = default;
    explicit Client(std::uint8_t choice) : choice_(choice) {
        Limits limits;
        limits.streams_max = kStreamsMax;
        limits.body_max = kBodyMax;
        limits.memory_max = 100'000;
        session_ = ClientSession::create({"dns.example", "/dns-query", "a/b"}, limits, *this, now_);
        CENOTE_CHECK(session_ != nullptr);
        for (unsigned i = 0; i < (choice & 0x0fU); ++i) post();
        if ((choice_ & 0x10U) == 0) send();
    }
    void feed(ByteView bytes) {
        now_ += milliseconds{20};
        const bool ended = session_->ended() != Ended::No;
        const std::size_t before = results_;
        session_->feed(bytes, now_);
        CENOTE_CHECK(!ended || results_ == before);
        CENOTE_CHECK(session_->streams() <= kStreamsMax);
        if ((choice_ & 0x20U) == 0 || ++turn_ % 3 == 0) send();
        session_->deliver();
        CENOTE_CHECK(!session_->has_results());
    }
    void finish() {
        session_->leave();
        CENOTE_CHECK(session_->post({}) == 0);
        send();
        std::size_t at = std::min(kPreface, sent_.size());
        while (sent_.size() - at >= kFrameHead) {
            at += kFrameHead + (load_u32(&sent_[at]) >> 8U);
            CENOTE_CHECK(at <= sent_.size());
        }
        CENOTE_CHECK(at == sent_.size());
    }
    void on_response(std::uint32_t stream, const Received& received) noexcept override {
        responded.reach();
        CENOTE_CHECK(received.body.size() <= kBodyMax && received.content_type.size() <= 128);
        CENOTE_CHECK(received.status / 100 != 1 && received.status <= 999);
        CENOTE_CHECK(received.request.size() == kRequest.size());
        note(stream);
    }
    void on_lost(std::uint32_t stream, Loss) noexcept override {
        lost.reach();
        note(stream);
    }

private:
    static constexpr std::string_view kRequest{"a request"};

    void post() {
        if (requests_ == kRequestsMax) return;
        const std::uint32_t stream = session_->post(bytes_of(kRequest));
        if (stream == 0) return;
        ++requests_;
        CENOTE_CHECK(open_.insert(stream).second);
    }
    void note(std::uint32_t stream) {
        CENOTE_CHECK(open_.erase(stream) == 1);
        ++results_;
        if ((choice_ & 0x40U) != 0 && !open_.empty()) {
            session_->forget(*open_.begin());
            open_.erase(open_.begin());
        }
        post();
        if ((choice_ & 0x80U) != 0) send();
    }
    void send() {
        std::vector<std::uint8_t> space(1000);
        while (const std::size_t size = session_->fill(space))
            sent_.insert(sent_.end(), space.begin(), space.begin() + static_cast<std::ptrdiff_t>(size));
    }

    std::uint8_t choice_;
    unsigned turn_ = 0;
    unsigned requests_ = 0;
    std::size_t results_ = 0;
    Ticks now_{seconds{1000}};
    std::unique_ptr<ClientSession> session_;
    std::set<std::uint32_t> open_;
    std::vector<std::uint8_t> sent_;
};

}  // namespace

/// The first byte: how the client behaves; the second: the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    fuzz::Input input(data, size);
    Client client(input.u8());
    const std::uint8_t eighths = input.u8();
    fuzz::in_pieces(input.rest(), eighths == 0 ? 8192 : std::size_t{eighths} * 8,
                    [&](ByteView piece) { client.feed(piece); });
    client.finish();
    return 0;
}
