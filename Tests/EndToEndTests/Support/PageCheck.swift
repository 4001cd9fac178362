import JSON
import Testing

/// What every page keeps to, looked at as the browser shows it.
enum PageCheck {
    /// The faults of the page that the browser shows, in light and dark and on a narrow screen.
    static func faults(of browser: Browser) async throws -> [String] {
        var faults = try await strings(structure, browser)
        for scheme in ["light", "dark"] {
            try await browser.setScheme(scheme)
            faults += try await strings(contrast, browser).map { "\(scheme): \($0)" }
        }
        try await browser.setWindow(width: 320, height: 640)
        faults += try await strings(sidewaysScroll, browser)
        try await browser.setWindow(width: 1280, height: 900)
        return faults
    }

    private static func strings(_ script: String, _ browser: Browser) async throws -> [String] {
        try await browser.executeScript(script).array?.compactMap(\.string) ?? ["the check itself failed"]
    }

    /// One heading of the first rank, a label for each input, ids that are there and there once, the budgets, nobody else asked.
    private static let structure = """
        const faults = [], all = css => [...document.querySelectorAll(css)];
        if (all('h1').length !== 1) faults.push(`${all('h1').length} h1`);
        if (!document.title || !document.documentElement.lang) faults.push('no title or no language');
        for (const input of all('input:not([type=hidden]), select, textarea')) {
            if (!input.labels.length && !input.ariaLabel) faults.push(`no label: ${input.name}`);
        }
        for (const one of all('a, button, summary')) if (!one.textContent.trim()) faults.push(`no text: ${one.outerHTML}`);
        for (const head of all('th:not([scope])')) faults.push(`no scope: ${head.textContent}`);
        for (const one of all('[id]')) if (all('#' + CSS.escape(one.id)).length > 1) faults.push(`twice: ${one.id}`);
        for (const one of all('[aria-describedby]')) {
            for (const id of one.getAttribute('aria-describedby').split(' ')) {
                if (!document.getElementById(id)) faults.push(`described by nothing: ${id}`);
            }
        }
        if (/!(\\s|$)/.test(document.querySelector('main').innerText)) faults.push('an exclamation mark');
        const page = performance.getEntriesByType('navigation')[0];
        if (page.decodedBodySize > 30 * 1024) faults.push(`${page.decodedBodySize} bytes of HTML`);
        for (const entry of performance.getEntriesByType('resource')) {
            if (!entry.name.startsWith(location.origin + '/')) faults.push(`asks ${entry.name}`);
            if (entry.name.includes('.css') && entry.decodedBodySize > 25 * 1024) faults.push(`${entry.decodedBodySize} bytes of CSS`);
        }
        return faults;
        """

    /// All that can be read, against the nearest ground that is painted: WCAG 2.1, 1.4.3.
    private static let contrast = """
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 1;
        const painter = canvas.getContext('2d', {willReadFrequently: true});
        const painted = color => {
            painter.clearRect(0, 0, 1, 1);
            painter.fillStyle = color;
            painter.fillRect(0, 0, 1, 1);
            return [...painter.getImageData(0, 0, 1, 1).data];
        };
        const ground = element => {
            for (let one = element; one; one = one.parentElement) {
                const color = painted(getComputedStyle(one).backgroundColor);
                if (color[3] === 255) return color;
            }
            return [255, 255, 255];
        };
        const light = color => {
            const [r, g, b] = color.slice(0, 3).map(byte => byte / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const faults = [];
        let count = 0;
        const look = (element, pseudo, text) => {
            if (!element.checkVisibility() || !text.trim()) return;
            const [dark, bright] = [light(painted(getComputedStyle(element, pseudo).color)), light(ground(element))].sort((a, b) => a - b);
            const ratio = (bright + 0.05) / (dark + 0.05);
            count += 1;
            if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${text.trim().slice(0, 40)}`);
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) look(walker.currentNode.parentElement, null, walker.currentNode.data);
        for (const field of document.querySelectorAll('input:not([type=hidden]), textarea')) {
            look(field, null, field.value);
            look(field, '::placeholder', field.placeholder);
        }
        for (const cell of document.querySelectorAll('[data-label]')) look(cell, '::before', cell.dataset.label);
        return count < 5 ? ['nothing to be read'] : faults;
        """

    private static let sidewaysScroll = """
        if (innerWidth !== 320) return [`${innerWidth} wide`];
        if (document.documentElement.scrollWidth <= 320) return [];
        return [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > 321)
            .map(one => `too wide: ${one.outerHTML.slice(0, 80)}`);
        """
}
