// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/client.h"
#include "resolver/wire/types.h"

namespace cenote::blast {
namespace {

constexpr std::string_view kMediaType{"application/dns-message"};
constexpr std::string_view kPath{"/dns-query"};
constexpr std::string_view kParameter{"?dns="};
constexpr std::size_t kBodyMax = 4096;

/// A request under way.
struct Exchange : Asked {
    unsigned status = 0;
    std::size_t size = 0;  // of the body, of the response
    std::size_t left = 0;  // of the query that is to be sent yet, by POST
    std::array<std::uint8_t, 512> query;
    std::array<std::uint8_t, kBodyMax> body;
};

nghttp2_nv field(std::string_view name, std::string_view value) noexcept {
    const auto bytes = [](std::string_view text) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// Base64url without padding (RFC 4648 §5), behind what `into` has.
void append_base64url(std::string& into, ByteView bytes) {
    constexpr std::string_view kDigits{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        for (count += 8; count >= 6; count -= 6) into.push_back(kDigits[bits >> (count - 6) & 63]);
    }
    if (count > 0) into.push_back(kDigits[bits << (6 - count) & 63]);
}

class HttpClient final : public Client {
public:
    HttpClient(std::unique_ptr<Wire> wire, const Queries& queries, Tally& tally, HttpMethod method)
        : Client(std::move(wire)), queries_(queries), tally_(tally), method_(method) {
        nghttp2_session_client_new(&session_, callbacks(), this);
        const std::array<nghttp2_settings_entry, 1> settings{{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}}};
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    }
    ~HttpClient() override { nghttp2_session_del(session_); }
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    bool send(std::size_t count, Ticks now) override {
        for (Exchange& exchange : exchanges_) {
            if (count == 0) break;
            if (exchange.open) continue;
            --count;
            ask(exchange, now);
        }
        for (; count > 0 && exchanges_.size() < kUnderWayMax; --count) ask(exchanges_.emplace_back(), now);
        return flush();
    }

    bool receive(Ticks now) override {
        now_ = now;
        std::array<std::uint8_t, 16384> bytes;
        do {
            const ssize_t count = wire_->get(bytes);
            if (count < 0 || broken_) return false;
            if (count == 0) break;
            if (nghttp2_session_mem_recv(session_, bytes.data(), static_cast<std::size_t>(count)) < 0) return false;
        } while (wire_->has_more());
        return flush();
    }

private:
    void ask(Exchange& exchange, Ticks now) {
        const ByteView packet = queries_.packet(queries_.at(tally_.sent));
        std::memcpy(exchange.query.data(), packet.data(), packet.size());
        store_u16(exchange.query.data(), 0);  // RFC 8484 §4.1
        exchange.size = 0;
        exchange.status = 0;
        exchange.left = packet.size();
        static_cast<Asked&>(exchange) = {tally_.sent++, now, true};
        ++open_;
        const bool by_post = method_ == HttpMethod::Post;
        path_ = kPath;
        if (!by_post) append_base64url(path_ += kParameter, ByteView(exchange.query).first(packet.size()));
        const std::string length = std::to_string(packet.size());
        const std::array<nghttp2_nv, 7> fields{field(":method", by_post ? "POST" : "GET"),
                                               field(":scheme", "https"),
                                               field(":authority", "dns.example"),
                                               field(":path", path_),
                                               field("accept", kMediaType),
                                               field("content-type", kMediaType),
                                               field("content-length", length)};
        nghttp2_data_provider body{};
        body.source.ptr = &exchange;
        body.read_callback = on_read;
        if (nghttp2_submit_request(session_, nullptr, fields.data(), by_post ? fields.size() : fields.size() - 2,
                                   by_post ? &body : nullptr, &exchange) < 0)
            broken_ = true;
    }

    /// All frames leave in one record.
    bool flush() {
        out_.clear();
        const std::uint8_t* bytes = nullptr;
        while (const ssize_t size = nghttp2_session_mem_send(session_, &bytes)) {
            if (size < 0) return false;
            out_.insert(out_.end(), bytes, bytes + size);
        }
        return !broken_ && (out_.empty() || (wire_->put(out_) && wire_->flush()));
    }

    static HttpClient& of(void* client) noexcept { return *static_cast<HttpClient*>(client); }
    static Exchange* exchange_of(nghttp2_session* session, std::int32_t stream) noexcept {
        return static_cast<Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
    }

    static const nghttp2_session_callbacks* callbacks() {
        static const nghttp2_session_callbacks* const kCallbacks = [] {
            nghttp2_session_callbacks* made = nullptr;
            nghttp2_session_callbacks_new(&made);
            nghttp2_session_callbacks_set_on_header_callback(made, on_header);
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
            nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
            nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
            return made;
        }();
        return kCallbacks;
    }

    static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                         void*) {
        if (name_size != 7 || std::memcmp(name, ":status", name_size) != 0 || value_size != 3) return 0;
        if (Exchange* const exchange = exchange_of(session, frame->hd.stream_id); exchange != nullptr)
            exchange->status = (value[0] - 48U) * 100 + (value[1] - 48U) * 10 + (value[2] - 48U);
        return 0;
    }

    static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                       std::size_t size, void*) {
        Exchange* const exchange = exchange_of(session, stream);
        if (exchange == nullptr || size > kBodyMax - exchange->size) return 0;
        std::memcpy(&exchange->body[exchange->size], bytes, size);
        exchange->size += size;
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* client) {
        if (frame->hd.type == NGHTTP2_GOAWAY) of(client).broken_ = true;
        return 0;
    }

    static int on_close(nghttp2_session* session, std::int32_t stream, std::uint32_t, void* client) {
        if (Exchange* const exchange = exchange_of(session, stream); exchange != nullptr) of(client).take(*exchange);
        return 0;
    }

    static ssize_t on_read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size, std::uint32_t* flags,
                           nghttp2_data_source* source, void*) {
        auto& exchange = *static_cast<Exchange*>(source->ptr);
        if (size < exchange.left) return NGHTTP2_ERR_CALLBACK_FAILURE;
        std::memcpy(into, exchange.query.data(), exchange.left);
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(std::exchange(exchange.left, 0));
    }

    void take(Exchange& exchange) {
        exchange.open = false;
        --open_;
        const ByteView reply = ByteView(exchange.body).first(exchange.size);
        if (exchange.status == 200 && reply.size() >= wire::kHeaderSize)
            tally_.take(queries_.at(exchange.number), reply, now_ - exchange.at);
        else
            tally_.take_refusal(fmt::format("status {} with {} bytes", exchange.status, reply.size()));
    }

    const Queries& queries_;
    Tally& tally_;
    HttpMethod method_;
    nghttp2_session* session_ = nullptr;
    std::deque<Exchange> exchanges_;  // as many as were needed at once
    std::string path_;
    std::vector<std::uint8_t> out_;
    Ticks now_{};
    bool broken_ = false;
};

}  // namespace

std::unique_ptr<Client> make_http_client(std::unique_ptr<Wire> wire, const Queries& queries, Tally& tally,
                                         HttpMethod method) {
    return std::make_unique<HttpClient>(std::move(wire), queries, tally, method);
}

}  // namespace cenote::blast
