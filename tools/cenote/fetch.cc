// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "resolver/base/letter_case.h"

namespace cenote::cli {
namespace {

constexpr std::string_view kSignatureEnding = ".minisig";
constexpr long kSlowBytes = 100;  // per second: less for kSlowSeconds is a server that does not answer
constexpr long kSlowSeconds = 20;
constexpr int kLookMs = 200;
constexpr unsigned kFileMode = 0644;

struct CloseEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct CloseMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

/// The download of one list: its text, then its signature.
class Transfer {
public:
    Transfer(const Wanted& wanted, const FetchLimits& limits)
        : wanted_(wanted), limits_(limits), deadline_(ticks_now() + limits.total) {}

    /// Starts the next attempt; false: it cannot be started.
    bool start(CURLM* multi, Ticks now) {
        easy_.reset(curl_easy_init());
        const Path& to = part_ == Part::Text ? wanted_.to : wanted_.signature_to;
        file_.reset(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kFileMode));
        if (easy_ == nullptr || !file_.valid()) {
            give_up(fmt::format("cannot write {}", to.string()));
            return false;
        }
        ++tries_;
        written_ = 0;
        too_large_ = false;
        headers_ = {};
        set_options(now);
        curl_multi_add_handle(multi, easy_.get());
        running_ = true;
        return true;
    }

    /// An attempt has ended.
    void on_done(CURLM* multi, CURLcode code, Ticks now) {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        const std::string what =
            code != CURLE_OK && error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
        curl_multi_remove_handle(multi, easy_.get());
        running_ = false;
        file_.reset();
        if (too_large_) return give_up(fmt::format("it is larger than {} MiB", limits_.bytes_max >> 20));
        const bool conditional = part_ == Part::Text && conditions_ != nullptr;
        if (code == CURLE_OK && status == 304 && conditional) return finish(Fetched::Outcome::Unchanged);
        if (code == CURLE_OK && status == 200) return on_part();
        const std::string why = code == CURLE_OK ? fmt::format("the server answered {}", status) : what;
        const std::string of = part_ == Part::Text ? wanted_.url : wanted_.url + std::string(kSignatureEnding);
        const bool again = code == CURLE_OK ? status >= 500 || status == 429 : is_transient(code);
        const milliseconds pause = limits_.pause * (1 << (tries_ - 1));
        if (!again || tries_ >= limits_.tries || now + pause >= deadline_)
            return give_up(fmt::format("{}: {}", of, why));
        due_ = now + pause;
    }

    [[nodiscard]] bool is_over() const noexcept { return over_; }
    [[nodiscard]] bool is_due(Ticks now) const noexcept { return !over_ && !running_ && due_ <= now; }
    [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return written_; }
    [[nodiscard]] const Fetched& fetched() const noexcept { return fetched_; }

private:
    enum class Part : std::uint8_t { Text, Signature };

    void set_options(Ticks now) {
        CURL* easy = easy_.get();
        const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - now).count();
        const std::string url = wanted_.url + (part_ == Part::Text ? "" : std::string(kSignatureEnding));
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
        error_text_[0] = '\0';
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        // A redirect may not lead from https to http.
        curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, wanted_.url.starts_with("https:") ? "https" : "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(limits_.redirects));
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "cenote");
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(left, 1)));
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect.count()));
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowBytes);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::write);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
        if (const char* roots = std::getenv("SSL_CERT_FILE")) curl_easy_setopt(easy, CURLOPT_CAINFO, roots);
        conditions_.reset();
        if (part_ == Part::Text) {
            add_condition("If-None-Match", wanted_.known.etag);
            add_condition("If-Modified-Since", wanted_.known.last_modified);
        }
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, conditions_.get());
    }

    void add_condition(std::string_view name, const std::string& value) {
        if (value.empty()) return;
        curl_slist* longer = curl_slist_append(conditions_.get(), fmt::format("{}: {}", name, value).c_str());
        static_cast<void>(conditions_.release());
        conditions_.reset(longer);
    }

    /// Whether an error may disappear within a second.
    static bool is_transient(CURLcode code) noexcept {
        switch (code) {
            case CURLE_COULDNT_RESOLVE_HOST:
            case CURLE_COULDNT_CONNECT:
            case CURLE_PARTIAL_FILE:
            case CURLE_SEND_ERROR:
            case CURLE_RECV_ERROR:
            case CURLE_GOT_NOTHING:
            case CURLE_OPERATION_TIMEDOUT:
            case CURLE_HTTP2:
            case CURLE_HTTP2_STREAM: return true;
            default: return false;
        }
    }

    void on_part() {
        if (part_ == Part::Signature) return finish(Fetched::Outcome::New);
        fetched_.bytes = written_;
        fetched_.validators = headers_;
        if (wanted_.signature_to.empty()) return finish(Fetched::Outcome::New);
        part_ = Part::Signature;
        tries_ = 0;
        due_ = Ticks{};
    }

    void finish(Fetched::Outcome outcome) {
        fetched_.outcome = outcome;
        over_ = true;
    }
    void give_up(std::string why) {
        fetched_.error = std::move(why);
        finish(Fetched::Outcome::Failed);
    }

    static std::size_t write(const char* data, std::size_t size, std::size_t count, void* self) {
        return static_cast<Transfer*>(self)->on_data(data, size * count);
    }
    static std::size_t header(const char* data, std::size_t size, std::size_t count, void* self) {
        static_cast<Transfer*>(self)->on_header({data, size * count});
        return size * count;
    }

    std::size_t on_data(const char* data, std::size_t size) {
        written_ += size;
        too_large_ = written_ > limits_.bytes_max;
        if (too_large_) return 0;
        for (std::size_t done = 0; done < size;) {
            const auto more = ::write(file_.get(), data + done, size - done);
            if (more <= 0) return 0;
            done += static_cast<std::size_t>(more);
        }
        return size;
    }

    void on_header(std::string_view line) {
        if (line.starts_with("HTTP/")) headers_ = {};  // headers of the response after a redirect
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return;
        auto value = line.substr(colon + 1);
        while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0) value.remove_prefix(1);
        while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0) value.remove_suffix(1);
        if (equal_folded(line.substr(0, colon), "ETag")) headers_.etag = value;
        if (equal_folded(line.substr(0, colon), "Last-Modified")) headers_.last_modified = value;
    }

    const Wanted& wanted_;
    const FetchLimits& limits_;
    Ticks deadline_;
    Ticks due_{};
    Part part_ = Part::Text;
    int tries_ = 0;
    bool running_ = false;
    bool over_ = false;
    bool too_large_ = false;
    std::uint64_t written_ = 0;
    Validators headers_;
    Fetched fetched_;
    UniqueFd file_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    std::unique_ptr<curl_slist, FreeList> conditions_;
    std::unique_ptr<CURL, CloseEasy> easy_;
};

void show(const std::vector<std::unique_ptr<Transfer>>& transfers) {
    std::size_t over = 0;
    std::uint64_t bytes = 0;
    for (const auto& transfer : transfers) {
        over += transfer->is_over() ? 1U : 0U;
        bytes += transfer->bytes();
    }
    fmt::print(stderr, "\rfetching: {} of {} lists, {:.1f} MiB ", over, transfers.size(),
               static_cast<double>(bytes) / (1 << 20));
    std::fflush(stderr);
}

}  // namespace

std::vector<Fetched> fetch(std::span<const Wanted> wanted, const FetchLimits& limits, bool progress) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    std::vector<std::unique_ptr<Transfer>> transfers;  // the multi handle refers to them and is destroyed first
    const std::unique_ptr<CURLM, CloseMulti> multi(curl_multi_init());
    for (const auto& one : wanted) transfers.push_back(std::make_unique<Transfer>(one, limits));
    const auto all_over = [&] {
        return std::all_of(transfers.begin(), transfers.end(),
                           [](const auto& transfer) { return transfer->is_over(); });
    };
    while (!all_over()) {
        for (auto& transfer : transfers)
            if (transfer->is_due(ticks_now())) transfer->start(multi.get(), ticks_now());
        int running = 0;
        curl_multi_perform(multi.get(), &running);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            char* owner = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
            const CURLcode code = message->data.result;  // the message is freed with the handle
            reinterpret_cast<Transfer*>(owner)->on_done(multi.get(), code, ticks_now());
        }
        if (progress) show(transfers);
        curl_multi_poll(multi.get(), nullptr, 0, kLookMs, nullptr);
    }
    if (progress) fmt::print(stderr, "\n");
    std::vector<Fetched> all;
    for (const auto& transfer : transfers) all.push_back(transfer->fetched());
    return all;
}

}  // namespace cenote::cli
