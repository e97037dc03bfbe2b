// Java's own HttpClient as it comes: it asks for HTTP/2 in its first request. A completion, and one that streams.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Http {
    static HttpRequest request(String gateway, String key, String body) {
        return HttpRequest.newBuilder(URI.create(gateway + "/v1/chat/completions"))
                .header("authorization", "Bearer " + key)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    public static void main(String[] words) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String asked = "\"messages\":[{\"role\":\"user\",\"content\":\"Good morning\"}],\"model\":\"gpt\"}";
        HttpResponse<String> whole = client.send(
                request(words[0], words[1], "{" + asked), HttpResponse.BodyHandlers.ofString());
        System.out.println(whole.statusCode() + " " + whole.body());
        client.send(request(words[0], words[1], "{\"stream\":true," + asked), HttpResponse.BodyHandlers.ofLines())
                .body()
                .filter(line -> !line.isEmpty())
                .forEach(System.out::println);
    }
}
