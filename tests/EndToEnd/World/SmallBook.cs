using System.Text;

namespace EndToEnd.World;

/// <summary>The smallest book that a viewer takes: a line of Helvetica on each page.</summary>
internal static class SmallBook
{
    public static byte[] Pdf(params string[] pages)
    {
        var text = new StringBuilder("%PDF-1.4\n");
        var places = new List<int>();
        void Add(string body)
        {
            places.Add(text.Length);
            text.Append($"{places.Count} 0 obj\n{body}\nendobj\n");
        }
        Add("<< /Type /Catalog /Pages 2 0 R >>");
        Add($"<< /Type /Pages /Count {pages.Length} /Kids [{string.Join(' ', pages.Select((_, i) => $"{4 + i * 2} 0 R"))}] >>");
        Add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
        for (int i = 0; i < pages.Length; i++)
        {
            string line = $"BT /F1 36 Tf 40 120 Td ({pages[i]}) Tj ET";
            Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + i * 2} 0 R >>");
            Add($"<< /Length {line.Length} >>\nstream\n{line}\nendstream");
        }
        int table = text.Length;
        text.Append($"xref\n0 {places.Count + 1}\n0000000000 65535 f \n");
        foreach (int place in places)
            text.Append($"{place:D10} 00000 n \n");
        return Encoding.ASCII.GetBytes(text.Append($"trailer\n<< /Size {places.Count + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").ToString());
    }
}
